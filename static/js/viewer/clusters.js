// Regions too small to draw, gathered where their shapes would touch: no shape hides another or the defects.
const TOUCH = 24; // screen px between middles under which two belong together
const WIDEST = 96; // a group that would be wider stays two
const WIDEST_AFTER = 130; // but where frames would overlap
const ROUNDS = 6;
const [FRAME, SHAPE, WORDS] = [12, 8, 21]; // screen px about a crowd, about a shape, and of the words above a crowd
const ONE_SHAPE = 22; // a group of one class no wider than this is one shape with a count

/** {x, y} of screen px and the region, of each → groups {x, y, left, top, right, bottom, regions, classes}. */
export function gather(points) {
  const groups = points.map((point) => ({
    left: point.x, right: point.x, top: point.y, bottom: point.y, points: [point], into: null,
  }));
  const cells = new Map();
  points.forEach((point, i) => {
    for (const j of near(cells, point)) {
      const other = points[j];
      if (Math.hypot(other.x - point.x, other.y - point.y) < TOUCH) join(home(groups[i]), home(groups[j]));
    }
    const key = cellOf(point.x, point.y);
    if (cells.has(key)) cells.get(key).push(i);
    else cells.set(key, [i]);
  });
  return settled(groups.filter((group) => !group.into)).map(summed);
}

/** Groups whose frames or words would lie on each other become one, and take in what lies under them. */
function settled(groups) {
  let left = groups;
  for (let round = 0; round < ROUNDS; round += 1) {
    const boxes = new Map(left.map((group) => [group, covered(group)]));
    for (const [crowd, box] of boxes) {
      if (crowd.into || !box.crowd) continue;
      for (const [other, under] of boxes) {
        if (other === crowd || other.into || !overlap(box, under)) continue;
        join(crowd, other, WIDEST_AFTER);
        if (crowd.into) break;
      }
    }
    const next = left.filter((group) => !group.into);
    if (next.length === left.length) break;
    left = next;
  }
  return left;
}

/** What a group covers on screen: the frame of a crowd with the words above it, else the shape. */
function covered(group) {
  const crowd = group.points.length > 1 && !isCompact(group);
  const [pad, words] = crowd ? [FRAME, WORDS] : [SHAPE, 0];
  return { crowd, left: group.left - pad, right: group.right + pad, top: group.top - pad - words, bottom: group.bottom + pad };
}

const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

function isCompact({ left, right, top, bottom, points }) {
  const [first] = points;
  return right - left <= ONE_SHAPE && bottom - top <= ONE_SHAPE && points.every(({ region }) => region.className === first.region.className);
}

const cellOf = (x, y) => `${Math.floor(x / TOUCH)},${Math.floor(y / TOUCH)}`;

function* near(cells, { x, y }) {
  for (let i = -1; i <= 1; i += 1) {
    for (let j = -1; j <= 1; j += 1) yield* cells.get(cellOf(x + i * TOUCH, y + j * TOUCH)) ?? [];
  }
}

function home(group) {
  let at = group;
  while (at.into) at = at.into;
  return at;
}

function join(a, b, widest = WIDEST) {
  if (a === b) return;
  const [left, right] = [Math.min(a.left, b.left), Math.max(a.right, b.right)];
  const [top, bottom] = [Math.min(a.top, b.top), Math.max(a.bottom, b.bottom)];
  if (right - left > widest || bottom - top > widest) return;
  const [large, small] = a.points.length >= b.points.length ? [a, b] : [b, a];
  Object.assign(large, { left, right, top, bottom });
  for (const point of small.points) large.points.push(point);
  small.into = large;
}

function summed({ left, right, top, bottom, points }) {
  const classes = new Map();
  for (const { region } of points) classes.set(region.className, (classes.get(region.className) ?? 0) + 1);
  return {
    left, right, top, bottom, classes,
    x: points.reduce((sum, point) => sum + point.x, 0) / points.length,
    y: points.reduce((sum, point) => sum + point.y, 0) / points.length,
    regions: points.map((point) => point.region),
    points,
    compact: isCompact({ left, right, top, bottom, points }),
  };
}
