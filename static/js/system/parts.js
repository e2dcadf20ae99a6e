// What each part's state means, in words: {good, level, state, figure, advice}.
import { bytes, count, seconds } from "../format.js";
import { t } from "../language.js";

const good = (state, figure) => ({ level: "ok", state, figure, advice: "" });
const unknown = () => ({ level: "error", state: t("Not known"), figure: "–", advice: "" });

const SEGFORMER = {
  no_model: () => [t("No model loaded"), t("Ask whoever runs the SegFormer service to load a model. Images wait meanwhile.")],
  unreachable: () => [
    t("Does not answer"),
    t("Ask whoever runs the SegFormer service whether it is up, and whether SEGFORMER_SERVICE_URL names it. Images wait meanwhile."),
  ],
  timeout: () => [t("Answers too late"), t("It may be overloaded. If it stays so, ask whoever runs the SegFormer service.")],
  bad_answer: () => [
    t("Answers in an unknown way"),
    t("Something else may answer at SEGFORMER_SERVICE_URL, or another version of the service. Ask whoever runs it."),
  ],
};

export function segformer({ status, device, since, model }) {
  if (status === "ok") return good(t("Ready"), [model, device?.toUpperCase()].filter(Boolean).join(" · ") || t("A model is loaded"));
  const [state, advice] = (SEGFORMER[status] ?? SEGFORMER.bad_answer)();
  const figure = since ? t("away {time}", { time: seconds((Date.now() - Date.parse(since)) / 1000) }) : "–";
  return { level: "degraded", state, figure, advice };
}

export function queue({ status, queued, oldest_queued_seconds: oldest }, segformerAway) {
  if (queued === null || queued === undefined) return { ...unknown(), advice: t("It is told again when the database is back.") };
  if (queued === 0) return good(t("Empty"), t("{n} waiting", { n: 0 }));
  const figure = t("{n} waiting, oldest {time}", { n: count(queued), time: seconds(oldest ?? 0) });
  if (status === "no_worker") {
    return { level: "degraded", state: t("Stands still"), figure, advice: t("No worker runs. The images are safe: ask whoever runs the agent to start its worker.") };
  }
  if (!segformerAway) return good(t("Moving"), figure);
  return { level: "degraded", state: t("Waiting"), figure, advice: t("It goes on by itself when SegFormer is back; nothing needs doing here.") };
}

export function storage({ status, used_percent: use }, sizes) {
  if (use === null || use === undefined) {
    return { ...unknown(), level: "degraded", advice: t("The disk does not answer. Ask whoever runs the agent to look at DATA_DIR.") };
  }
  const free = sizes ? t("{size} free", { size: bytes(sizes.free_bytes) }) : t("{n} % used", { n: Math.round(use) });
  if (status === "ok") return good(t("Room left"), free);
  return {
    level: "degraded",
    state: t("Almost full"),
    figure: free,
    advice: t("Download what is to be kept, then delete old batches or images in the gallery, or ask for a larger disk."),
  };
}

export function database({ status, latency_ms: latency, version }) {
  if (status === "ok") return good(t("Ready"), t("answers in {n} ms", { n: Math.max(1, Math.round(latency)) }));
  return {
    level: "error",
    state: t("Out of reach"),
    figure: version ?? "–",
    advice: t("What was sent is safe. Ask whoever runs the agent to start PostgreSQL; everything goes on by itself then."),
  };
}

export const diskNote = ({ used_percent: use, total_bytes: total }) =>
  t("{n} % of {total} used", { n: Math.round(use), total: bytes(total) });

export function overall(status) {
  return {
    ok: t("Everything works."),
    degraded: t("Images can be sent and seen, but something needs a look."),
    error: t("The agent cannot work just now."),
    lost: t("The server does not answer. What stands below is what it said last."),
  }[status];
}
