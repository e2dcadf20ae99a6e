// The whole picture, small, with a frame about what is on show; drag or click to go elsewhere.
export class Overview {
  constructor(root, stage) {
    this.root = root;
    this.stage = stage;
    this.image = root.querySelector("img");
    this.frame = root.querySelector("[data-overview-frame]");
    stage.addEventListener("view", ({ detail }) => this.follow(detail));
    const go = (event) => {
      const box = this.image.getBoundingClientRect();
      stage.centre({ x: ((event.clientX - box.left) / box.width) * stage.width, y: ((event.clientY - box.top) / box.height) * stage.height });
    };
    root.addEventListener("pointerdown", (event) => {
      root.setPointerCapture(event.pointerId);
      go(event);
    });
    root.addEventListener("pointermove", (event) => event.buttons && go(event));
  }

  show(url, ratio) {
    this.image.src = url;
    this.root.style.aspectRatio = String(ratio);
  }

  follow(view) {
    this.root.hidden = !view || !this.image.src || this.all(view);
    if (this.root.hidden) return;
    const { width, height } = this.stage;
    const [left, right] = [clamp(-view.x / view.scale / width), clamp((view.room.x - view.x) / view.scale / width)];
    const [top, bottom] = [clamp(-view.y / view.scale / height), clamp((view.room.y - view.y) / view.scale / height)];
    Object.assign(this.frame.style, {
      left: `${left * 100}%`, top: `${top * 100}%`, width: `${Math.max(4, (right - left) * 100)}%`, height: `${Math.max(4, (bottom - top) * 100)}%`,
    });
  }

  /** Where all of the picture is on show there is nothing to tell. */
  all({ x, y, scale, room }) {
    return x >= 0 && y >= 0 && x + this.stage.width * scale <= room.x && y + this.stage.height * scale <= room.y;
  }
}

const clamp = (share) => Math.max(0, Math.min(1, share));
