// Draws the regions over the picture: outlines where there is room, the class's shape where there is not.
import { shapePath } from "./classes.js";
import { svg } from "./dom.js";
import { boxPath, bracketPath, countBadge, outlinePath, pill, pillSize } from "./viewer/drawing.js";
import { gather } from "./viewer/clusters.js";

const SMALL = 16; // screen px under which a region becomes its shape
const PAD = 11; // screen px around the middles of a group
const FEW = 150; // regions up to which every step of a zoom is drawn anew
const PAUSE = 70; // ms; of more, the last drawing is stretched until the zoom rests

export class Marks {
  constructor(root, stage) {
    this.root = root;
    this.regions = [];
    this.hidden = new Set(); // classes switched off
    this.mode = "outline"; // or "box", "off"
    this.selected = this.hinted = null;
    this.visible = true;
    this.scale = 0;
    this.spots = []; // what can be pointed at: {x, y, halfWidth, halfHeight, regions}
    this.group = svg("g");
    this.base = svg("g");
    this.over = svg("g"); // what is chosen or pointed at: drawn anew without the rest
    this.group.append(this.base, this.over);
    root.append(this.group);
    stage.addEventListener("view", (event) => this.follow(event.detail));
  }

  set(regions) {
    this.regions = regions;
    this.selected = this.hinted = null;
    this.redraw();
  }

  change(changes) {
    Object.assign(this, changes);
    if (Object.keys(changes).every((name) => name === "hinted" || name === "selected")) this.redrawOver();
    else this.redraw();
  }

  select(region) {
    this.change({ selected: region });
  }

  follow(view) {
    this.root.toggleAttribute("hidden", view === null);
    if (!view) return;
    this.offset = view;
    if (view.scale !== this.scale || !this.covers(view)) this.draw(view.scale);
    const stretched = view.scale / this.scale;
    this.group.setAttribute("transform", `translate(${view.x} ${view.y})${stretched === 1 ? "" : ` scale(${stretched})`}`);
  }

  draw(scale) {
    clearTimeout(this.timer);
    if (!this.scale || this.regions.length <= FEW) {
      this.scale = scale;
      return this.redraw();
    }
    this.timer = setTimeout(() => {
      this.scale = this.offset.scale;
      this.redraw();
      this.follow(this.offset);
    }, PAUSE);
  }

  /** Whether all of what is on show was drawn: of many regions only those about it are. */
  covers({ x, y, room }) {
    const { left, top, right, bottom } = this.window ?? {};
    return this.regions.length <= FEW || (-x >= left && -y >= top && room.x - x <= right && room.y - y <= bottom);
  }

  /** What is on show and as much around it, in screen px from the picture's corner. */
  look() {
    const { x, y, room } = this.offset;
    this.window = { left: -x - room.x, top: -y - room.y, right: 2 * room.x - x, bottom: 2 * room.y - y };
  }

  isNear(region) {
    if (this.regions.length <= FEW) return true;
    const { x, y } = this.middle(region);
    const { left, top, right, bottom } = this.window;
    return x >= left && x <= right && y >= top && y <= bottom;
  }

  redraw() {
    if (!this.scale) return;
    this.look();
    this.spots = [];
    this.base.replaceChildren(...(this.visible && this.mode !== "off" ? this.drawn() : []));
    this.redrawOver();
  }

  redrawOver() {
    if (!this.scale) return;
    const parts = [];
    if (this.hinted && this.hinted !== this.selected) parts.push(this.brackets(this.hinted, "hint"));
    if (this.selected && this.visible) parts.push(this.selection(this.selected));
    this.over.replaceChildren(...parts);
  }

  drawn() {
    const regions = this.regions.filter((region) => !this.hidden.has(region.className) && this.isNear(region));
    const [large, small] = [[], []];
    for (const region of regions) (this.isLarge(region) ? large : small).push(region);
    const groups = gather(small.map((region) => ({ ...this.middle(region), region })));
    const shapes = groups.flatMap((group) => this.shapesOf(group));
    const classes = [...new Set(regions.map((region) => region.className))];
    const marks = classes.map((name) => this.classMarks(name, large, shapes));
    return [...marks, ...groups.filter((group) => isCrowd(group)).map((group) => this.crowd(group))];
  }

  /** What of a group is drawn as the shapes of classes; a crowd is drawn as one. */
  shapesOf(group) {
    if (group.compact) return [group];
    if (isCrowd(group)) return [];
    return group.points.map(({ x, y, region }) => ({ x, y, regions: [region] }));
  }

  classMarks(name, large, shapes) {
    const own = large.filter((region) => region.className === name);
    const at = shapes.filter(({ regions }) => regions[0].className === name);
    const s = this.scale;
    const outlines = own.map((region) => (this.mode === "box" ? boxPath(region) : outlinePath(region))).join("");
    const rings = at.map(({ x, y }) => shapePath(name, SMALL / 2, x, y)).join("");
    const corners = own.map(({ box }) => shapePath(name, 4.5, (box.x + box.width) * s + 4, box.y * s - 4));
    for (const { x, y, regions } of at) this.spots.push({ x, y, halfWidth: 13, halfHeight: 13, regions });
    for (const region of own) this.spots.push(this.spotOf(region));
    const group = svg("g", { "data-class": name });
    const scaled = svg("g", { transform: `scale(${s})` });
    scaled.append(svg("path", { class: "casing", d: outlines }), svg("path", { class: "line", d: outlines }));
    group.append(
      scaled,
      svg("path", { class: "casing", d: rings }),
      svg("path", { class: "line", d: rings }),
      svg("path", { class: "corner", d: corners.join("") }),
      ...at.filter(({ regions }) => regions.length > 1).flatMap(({ x, y, regions }) => countBadge(x, y, regions.length)),
    );
    return group;
  }

  /** A frame about many small regions, and how many of which class: the defects themselves stay in sight. */
  crowd(group) {
    const [x, y] = [group.left - PAD, group.top - PAD];
    const [width, height] = [group.right - group.left + 2 * PAD, group.bottom - group.top + 2 * PAD];
    const size = pillSize(group.classes);
    const left = x + width / 2 - size.width / 2;
    const above = y - size.height - 3;
    const top = above + (this.offset?.y ?? 0) < 0 ? y + height + 3 : above;
    this.spots.push({ x: x + width / 2, y: y + height / 2, halfWidth: width / 2, halfHeight: height / 2, regions: group.regions });
    this.spots.push({ x: left + size.width / 2, y: top + size.height / 2, halfWidth: size.width / 2, halfHeight: size.height / 2, regions: group.regions });
    const node = svg("g", { class: "crowd" });
    const frame = { x, y, width, height, rx: 8 };
    node.append(svg("rect", { class: "crowd-casing", ...frame }), svg("rect", { class: "crowd-line", ...frame }), pill(group.classes, left, top));
    return node;
  }

  selection(region) {
    const group = svg("g", { "data-class": region.className });
    if (this.isLarge(region)) {
      const scaled = svg("g", { transform: `scale(${this.scale})` });
      const d = outlinePath(region);
      scaled.append(svg("path", { class: "selected-casing", d }), svg("path", { class: "selected-line", d }));
      group.append(scaled);
    } else {
      const { x, y } = this.middle(region);
      const d = shapePath(region.className, SMALL / 2, x, y);
      group.append(svg("path", { class: "selected-casing", d }), svg("path", { class: "selected-line", d }));
    }
    group.append(this.brackets(region, "bracket"));
    return group;
  }

  brackets(region, kind) {
    const s = this.scale;
    const [width, height] = [region.box.width * s, region.box.height * s];
    const pad = Math.max(this.isLarge(region) ? 14 : 6, (28 - Math.max(width, height)) / 2);
    const [x, y] = [region.box.x * s - pad, region.box.y * s - pad];
    const d = bracketPath(x, y, width + 2 * pad, height + 2 * pad);
    const group = svg("g", { "data-class": region.className });
    group.append(svg("path", { class: "bracket-casing", d }), svg("path", { class: kind, d }));
    // Inside the brackets, where the region has it anyway; a small one is its shape already.
    if (this.isLarge(region)) {
      const corner = shapePath(region.className, 4.5, (region.box.x + region.box.width) * s + 4, region.box.y * s - 4);
      group.append(svg("path", { class: "corner", d: corner }));
    }
    return group;
  }

  isLarge({ box }) {
    return Math.max(box.width, box.height) * this.scale >= SMALL;
  }

  middle({ box }) {
    return { x: (box.x + box.width / 2) * this.scale, y: (box.y + box.height / 2) * this.scale };
  }

  spotOf(region) {
    const s = this.scale / 2;
    return { ...this.middle(region), halfWidth: region.box.width * s + 4, halfHeight: region.box.height * s + 4, regions: [region] };
  }

  /** The regions under a point of the screen; the smallest mark wins. */
  at(point) {
    return this.spotAt(point)?.regions ?? null;
  }

  /** What that mark takes on the screen. */
  boundsAt(point) {
    const { x, y, halfWidth, halfHeight } = this.spotAt(point);
    const [left, top] = [x - halfWidth + this.offset.x, y - halfHeight + this.offset.y];
    return { left, top, right: left + 2 * halfWidth, bottom: top + 2 * halfHeight };
  }

  spotAt(point) {
    if (!point || !this.offset) return null;
    const [x, y] = [point.x - this.offset.x, point.y - this.offset.y];
    const under = this.spots.filter((spot) => Math.abs(spot.x - x) <= spot.halfWidth && Math.abs(spot.y - y) <= spot.halfHeight);
    const size = (spot) => Math.max(spot.halfWidth, spot.halfHeight);
    return under.sort((a, b) => size(a) - size(b))[0] ?? null;
  }
}

/** Two whose shapes do not lie on each other are still told apart; more are not. */
const isCrowd = ({ compact, points: [a, b, c] }) => !compact && Boolean(c || (b && Math.hypot(a.x - b.x, a.y - b.y) < SMALL));
