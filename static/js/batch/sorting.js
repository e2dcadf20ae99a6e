// Which of many files can be sent: told before a byte of them leaves.
import { refusal } from "../checks.js";
import { el } from "../dom.js";
import { count } from "../format.js";
import { t, tn } from "../language.js";

const AT_A_TIME = 16;
const LISTED = 50;

/** {good: [file], refused: [{file, why: [title, text]}], over: [file]}; `room` is what the batch still takes. */
export async function sortFiles(files, { maxBytes, room }) {
  const whys = new Array(files.length);
  let next = 0;
  const check = async () => {
    for (let i = next++; i < files.length; i = next++) whys[i] = await refusal(files[i], { maxBytes });
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, check));
  const good = files.filter((_, i) => !whys[i]);
  const refused = files.map((file, i) => ({ file, why: whys[i] })).filter(({ why }) => why);
  return { good: good.slice(0, room), refused, over: good.slice(room) };
}

/** What is not sent, and why: a title and a list that folds. */
export function refusedList(refused, over, limit) {
  const lines = refused.slice(0, LISTED).map(({ why }) => el("li", {}, why[0]));
  if (refused.length > LISTED) lines.push(el("li", { class: "second" }, t("and {n} more", { n: count(refused.length - LISTED) })));
  const parts = [];
  if (refused.length) {
    const title = tn("{n} file is refused", "{n} files are refused", refused.length, { n: count(refused.length) });
    parts.push(el("details", { class: "refused", open: refused.length <= 5 }, el("summary", {}, title), el("ul", {}, ...lines)));
  }
  if (over.length) {
    parts.push(el("p", {}, t("A batch holds at most {limit} images; the other {n} are left out. Send them as another batch.", { limit: count(limit), n: count(over.length) })));
  }
  return parts;
}
