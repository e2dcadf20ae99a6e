// What the scripts say of files, errors and states, in one place. Each is [what happened, what to do].
import { bytes } from "./format.js";
import { t, tn } from "./language.js";
import { known } from "./reasons.js";

export const STATES = {
  sending: t("Sending"),
  queued: t("Queued"),
  processing: t("Inspecting"),
  done: t("Done"),
  failed: t("Failed"),
  rejected: t("Refused"),
};

/** "7 defects", "個瑕疵" without the number. */
export const defects = (n) => tn("defect", "defects", n);

export const REFUSED = {
  none: () => [t("Nothing to inspect there."), t("Drop, choose or paste an image file.")],
  type: (name) => [
    t("{name} is not an image this agent reads.", { name }),
    t("Send a PNG, JPEG, BMP or TIFF file."),
  ],
  content: (name) => [
    t("{name} is not a PNG, JPEG, BMP or TIFF inside.", { name }),
    t("Its name says so, its content does not. Export it again from the AOI machine."),
  ],
  empty: (name) => [
    t("{name} is empty.", { name }),
    t("Copy the file again from the AOI machine, then send it."),
  ],
  large: (name, size, max) => [
    t("{name} has {size}; at most {max} can be sent.", { name, size: bytes(size), max: bytes(max) }),
    t("Save it with compression (PNG, or JPEG of high quality), or crop it."),
  ],
  unreadable: (name) => [
    t("{name} cannot be read from here.", { name }),
    t("It may have been moved, or is open elsewhere. Choose it again."),
  ],
  mayNot: () => [t("This account may look, not send."), t("Ask whoever runs the agent for it.")],
  noPaste: () => [t("There is no image to paste."), t("Copy an image first, then press Ctrl V here.")],
  pasteKeys: () => [t("This browser pastes by keyboard only."), t("Press Ctrl V (⌘ V on a Mac).")],
};

export const LOGGED_OUT = [t("You are logged out."), t("Log in again to go on. What was sent is safe.")];
const ERRORS = {
  400: [t("The image was refused."), t("Send another file, or export it again from the AOI machine.")],
  401: LOGGED_OUT,
  403: [t("This is not allowed."), t("Your account may have changed: load the page again. If it stays, ask whoever runs the agent.")],
  404: [t("There is no image under this address."), t("It may have been deleted. Inspect another, or pick one below.")],
  409: [t("This has changed meanwhile."), t("Load the page again to see its state.")],
  413: [t("The image is too large."), t("Send a smaller one.")],
  422: [t("The server did not follow."), t("Load the page again, then try once more.")],
  429: [t("Too many uploads just now."), t("Wait a moment, then try again.")],
  500: [
    t("The server ran into a fault."),
    t("Try again; if it stays, tell whoever runs the agent to look into error.log."),
  ],
  502: [t("SegFormer's answer was of no use."), t("The image is stored. Try again, or ask whoever runs SegFormer.")],
  503: [t("The agent cannot do this just now."), t("Try again in a moment.")],
  504: [t("SegFormer did not answer in time."), t("The image is stored. Try again.")],
  507: [t("The server's disk is full."), t("Nothing was kept. Tell whoever runs the agent to free some space.")],
};

/** [title, text, detail] for an answer that is no success; the detail is the server's own English. */
export function explain(error) {
  if (error.status === undefined) return LOST;
  const [title, advice] = ERRORS[error.status] ?? ERRORS[error.status >= 500 ? 500 : 400];
  const wait = error.retryAfter ? t("The server asks to wait {n} s.", { n: error.retryAfter }) : "";
  const reason = known(error.message);
  if (reason && error.status < 500) return [title, [reason, wait].filter(Boolean).join(" "), ""];
  // To programs 401 speaks of keys; who sits at a page logs in.
  const detail = error.status === 401 ? "" : (error.message ?? "");
  return [title, [advice, wait].filter(Boolean).join(" "), detail];
}

export const LOST = [
  t("The server does not answer."),
  t("Check the network. This goes on by itself when the server is back."),
];
export const DATABASE_AWAY = [t("The database is out of reach."), t("What was sent is safe; this goes on by itself.")];
export const SEGFORMER_GONE = [
  t("SegFormer does not answer. Your uploads are safe and wait in the queue."),
  t("Keep working: images are stored and inspected in order as soon as it is back. If it stays away, ask whoever runs the SegFormer service; nothing needs doing here."),
];
export const SEGFORMER_WAITS = [
  t("SegFormer does not answer. Your image is safe and waits in the queue."),
  t("It is inspected as soon as SegFormer is back; nothing needs doing here. If it stays away, ask whoever runs it."),
];
export const SEGFORMER_AWAY = [
  t("SegFormer does not answer."),
  t("The image is stored and safe. Retry when SegFormer is back, or ask whoever runs it."),
];
export const SEGFORMER_BACK = [t("SegFormer answers again."), t("Retry now: the image is still stored.")];
export const INSPECTION_FAILED = [t("The inspection failed."), t("The image is stored: retry, or inspect another.")];

export const NO_PREVIEW = [t("No preview of a TIFF."), t("Browsers cannot show it. The picture comes with the result.")];
export const NO_PICTURE = [t("This picture cannot be shown here."), t("Download it below.")];
export const LOADING_FAILED = [t("The picture did not load."), t("Check the network, then switch tabs to try again.")];

export const PROGRESS = {
  sending: (sent, total) => t("{sent} of {total}", { sent: bytes(sent), total: bytes(total) }),
  sent: (total, time) => t("{size} in {time}", { size: bytes(total), time }),
  stored: t("Stored and queued"),
  usual: (time) =>
    t("Usually about {time}. You may leave this page: the address brings the result back.", { time }),
  leave: t("You may leave this page: the address brings the result back."),
  resend: t("Sending again; nothing will be inspected twice."),
};

/** [in the badge, in the badge of a phone] */
export const HEALTH = {
  checking: [t("Checking"), "…"],
  ok: [t("All systems ready"), t("Ready")],
  lost: [t("Server not reached"), t("Offline")],
  database: [t("Database away"), t("Database")],
  segformer: [t("SegFormer away"), "SegFormer"],
  model: [t("No model loaded"), t("No model")],
  storage: [t("Disk almost full"), t("Disk")],
  queue: [t("Queue is stuck"), t("Queue")],
  other: [t("Needs attention"), t("Attention")],
};
