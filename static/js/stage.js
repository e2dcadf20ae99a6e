// The picture with its zoom and pan (OpenSeadragon). Coordinates outside are pixels of the input image.
const MARGIN = 12; // screen px around the whole picture: marks at its edges stay visible
const CONTEXT = 140; // image px shown about a region at least, to see where one is
const PAGE_SCROLLS = "(max-width: 960px)"; // result.css: there one finger scrolls the page, two the picture

let library = null;

/** Loaded only where there is a picture; its UMD build puts itself on window. */
function loadLibrary() {
  library ??= import("../vendor/openseadragon/openseadragon.min.js").then(() => {
    // It would add a <style>, which our Content-Security-Policy refuses, unless it finds one there:
    // this one, of no namespace, holds its place (result.css has the rule).
    const placeholder = document.createElementNS(null, "style");
    placeholder.setAttribute("data-openseadragon-mobile-css", "");
    document.head.append(placeholder);
    return window.OpenSeadragon;
  });
  return library;
}

const reducedMotion = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;
const OWN_KEYS = ["r", "f", "w", "a", "s", "d", "j", "k", "m", "0", "+", "-", "="]; // ours, or would part marks from picture

export class Stage extends EventTarget {
  /** `fills`: the page does not scroll, so that one finger moves the picture. */
  constructor(root, { fills = false } = {}) {
    super();
    this.root = root;
    this.fills = fills;
    this.width = this.height = 1;
    this.viewer = this.item = this.layer = null;
    this.turn = 0;
    this.whole = true; // the whole picture is on show, and stays so when the room changes
  }

  async prepare() {
    const OSD = await loadLibrary();
    if (this.viewer) return;
    this.viewer = new OSD.Viewer({
      element: this.root,
      drawer: "canvas",
      showNavigationControl: false,
      animationTime: reducedMotion() ? 0 : 0.25,
      springStiffness: 8,
      immediateRender: true,
      maxZoomPixelRatio: 32,
      minZoomImageRatio: 0.8,
      visibilityRatio: 0.4,
      cooperativeGestures: !this.fills && window.matchMedia(PAGE_SCROLLS).matches,
      constrainDuringPan: true,
      zoomPerScroll: 1.3,
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
      gestureSettingsTouch: { pinchRotate: false },
    });
    this.listen();
  }

  listen() {
    this.viewer.addHandler("update-viewport", () => this.changed());
    this.viewer.addHandler("resize", () => requestAnimationFrame(() => this.resized()));
    for (const move of ["canvas-drag", "canvas-scroll", "canvas-pinch", "canvas-double-click", "canvas-key"]) {
      this.viewer.addHandler(move, () => (this.whole = false));
    }
    this.viewer.addHandler("canvas-key", (event) => {
      if (OWN_KEYS.includes(event.originalEvent.key.toLowerCase())) event.preventDefaultAction = true;
    });
    this.viewer.addHandler("canvas-click", (event) => {
      if (event.quick) this.emit("pick", event.position);
    });
    this.viewer.addHandler("canvas-double-click", (event) => {
      if (this.busy) event.preventDefaultAction = true;
    });
    this.root.addEventListener("pointermove", (event) => {
      const box = this.root.getBoundingClientRect();
      this.emit("point", { x: event.clientX - box.left, y: event.clientY - box.top });
    });
    this.root.addEventListener("pointerleave", () => this.emit("point", null));
  }

  emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /** Show a picture, `source` an address or that of its tiles (.dzi); `across` is how many input widths it has. */
  async open(source, { width, across = 1, keepView = false, crisp = false }) {
    const turn = (this.turn += 1);
    await this.prepare();
    const item = await this.add(source, { width: across });
    if (turn !== this.turn) return this.viewer.world.removeItem(item);
    this.width = width;
    this.height = item.getBounds().height * width;
    await drawn(item);
    if (turn !== this.turn) return;
    this.only(item);
    this.viewer.drawer.setImageSmoothingEnabled(!crisp);
    if (!keepView) this.fit(true);
    this.changed();
  }

  only(item) {
    const { world } = this.viewer;
    for (let i = world.getItemCount() - 1; i >= 0; i -= 1) {
      if (world.getItemAt(i) !== item) world.removeItem(world.getItemAt(i));
    }
    this.item = item;
    this.layer = null;
  }

  /** Another picture over the one on show, as see-through as asked; null takes it away. */
  async lay(source, opacity) {
    if (this.empty) return;
    if (this.layer && this.layer.source === source) {
      (await this.layer.item).setOpacity(opacity);
      return;
    }
    this.layer?.item.then((item) => this.viewer.world.removeItem(item), () => {});
    this.layer = null;
    if (!source) return;
    const layer = { source, item: this.add(source, { width: 1, opacity }) };
    this.layer = layer;
    const item = await layer.item;
    if (this.layer !== layer) this.viewer.world.removeItem(item);
  }

  add(source, options) {
    return new Promise((resolve, reject) => {
      this.viewer.addTiledImage({
        ...options,
        tileSource: source.endsWith(".dzi") ? source : { type: "image", url: source },
        success: (event) => resolve(event.item),
        error: (event) => reject(new Error(event.message)),
      });
    });
  }

  /** Brightness and contrast are no change of the picture, only of how it is shown. */
  adjust(filter) {
    this.filter = filter;
    const canvas = this.viewer?.drawer?.canvas;
    if (canvas) canvas.style.filter = filter;
  }

  clear() {
    this.turn += 1;
    this.viewer?.world.removeAll();
    this.item = this.layer = null;
    this.changed();
  }

  get empty() {
    return !this.viewer || this.viewer.world.getItemCount() === 0;
  }

  /** Where the input's pixels are on screen: screen = offset + pixel * scale. */
  get view() {
    if (this.empty) return null;
    const { viewport } = this.viewer;
    const origin = viewport.pixelFromPoint(new window.OpenSeadragon.Point(0, 0), true);
    const room = viewport.getContainerSize();
    const scale = (room.x * viewport.getZoom(true)) / this.width;
    return { x: origin.x, y: origin.y, scale, room, whole: this.whole };
  }

  resized() {
    if (this.whole) this.fit(true);
    this.changed();
  }

  changed() {
    this.emit("view", this.view);
  }

  fit(immediately = false) {
    if (this.empty) return;
    this.whole = true;
    const { viewport, world } = this.viewer;
    const whole = (this.item ?? world.getItemAt(0)).getBounds();
    const room = viewport.getContainerSize();
    const unit = Math.max(whole.width / Math.max(1, room.x - 2 * MARGIN), whole.height / Math.max(1, room.y - 2 * MARGIN));
    const [across, down] = [room.x * unit, room.y * unit];
    const { Rect } = window.OpenSeadragon;
    viewport.fitBounds(
      new Rect(whole.x + (whole.width - across) / 2, whole.y + (whole.height - down) / 2, across, down),
      immediately || reducedMotion(),
    );
  }

  zoomBy(factor) {
    if (this.empty) return;
    this.whole = false;
    this.viewer.viewport.zoomBy(factor, null, reducedMotion());
    this.viewer.viewport.applyConstraints();
  }

  /** One pixel of the image on one of the screen. */
  actualSize() {
    if (this.empty) return;
    this.whole = false;
    this.viewer.viewport.zoomTo(this.width / this.viewer.viewport.getContainerSize().x, null, reducedMotion());
  }

  /** Bring a point of the input image into the middle. */
  centre({ x, y }) {
    if (this.empty) return;
    this.whole = false;
    this.viewer.viewport.panTo(new window.OpenSeadragon.Point(x / this.width, y / this.width), reducedMotion());
  }

  /** Fly to a box of the input image, with room around it, but not beyond the picture's edge. */
  flyTo({ x, y, width, height }) {
    if (this.empty) return;
    this.whole = false;
    const room = this.viewer.viewport.getContainerSize();
    const unit = Math.max(2.6 * width, 2.6 * height, CONTEXT) / Math.min(room.x, room.y);
    const [across, down] = [room.x * unit, room.y * unit];
    const left = within(x + width / 2 - across / 2, this.width - across);
    const top = within(y + height / 2 - down / 2, this.height - down);
    const box = new window.OpenSeadragon.Rect(left, top, across, down).times(1 / this.width);
    this.viewer.viewport.fitBounds(box, reducedMotion());
  }
}

/** Between 0 and `most`; in the middle where there is no room to choose. */
const within = (value, most) => (most < 0 ? most / 2 : Math.max(0, Math.min(value, most)));

/** Resolves once the picture is on the canvas, so that the one before it goes without a flash. */
function drawn(item) {
  if (item.getFullyLoaded()) return Promise.resolve();
  return new Promise((resolve) => {
    item.addOnceHandler("fully-loaded-change", resolve);
    setTimeout(resolve, 1500);
  });
}
