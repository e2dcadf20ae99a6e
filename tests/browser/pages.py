"""What the tests do on the pages, in the words of a user."""

from __future__ import annotations

import base64

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

# The element that an event goes to is inside the page, so dragging over it counts as entering.
_DISPATCH = """
([kind, files]) => {
  const transfer = new DataTransfer();
  for (const [name, type, content] of files) {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { type }));
  }
  const options = { bubbles: true, cancelable: true };
  const event = kind === "paste"
    ? new ClipboardEvent("paste", { ...options, clipboardData: transfer })
    : new DragEvent(kind, { ...options, dataTransfer: transfer });
  document.querySelector("h1").dispatchEvent(event);
}
"""


def choose(page: Page, picture: object) -> None:
    page.locator("[data-choose]").set_input_files([picture.payload])  # type: ignore[attr-defined]


def hand_over(page: Page, kind: str, *pictures: object) -> None:
    """Drop or paste files; `kind` is the event's name."""
    files = [
        (p.name, p.mimeType, base64.b64encode(p.buffer).decode())  # type: ignore[attr-defined]
        for p in pictures
    ]
    page.evaluate(_DISPATCH, [kind, files])


def state(page: Page) -> Locator:
    return page.locator("[data-state-label]")


def notice(page: Page) -> Locator:
    return page.get_by_role("alert")


def rows(page: Page) -> Locator:
    return page.locator("[data-region-rows] tr[data-key]")


def expect_result(page: Page, name: str) -> None:
    """Wait for the result and look at all of its parts."""
    expect(state(page)).to_have_text("Done")
    expect(page.locator("[data-file-name]")).to_have_text(name)
    expect(page.locator("[data-total]")).not_to_be_empty()
    total = int(page.locator("[data-total]").inner_text().replace(",", ""))
    expect(rows(page)).to_have_count(total)
    counts = page.locator("[data-class-bars] .class-count").all_inner_texts()
    assert sum(int(count) for count in counts) == total
    expect(page.locator("[data-stage] canvas")).to_be_visible()


def drawn(page: Page) -> None:
    """Wait until all that was changed is on the screen: two frames, however long they take."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def has_no_sideways_scroll(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def assert_accessible(page: Page) -> None:
    """Fail on what axe-core calls serious or critical on the page as it stands."""
    found = Axe().run(page).response["violations"]
    told = [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]
    assert told == [], "\n".join(told)
