"""Train from nothing, evaluate, export: `python -m aoi.reference_service.train`."""

import argparse
from pathlib import Path

import torch

from .evaluation import evaluate
from .export import export
from .loop import Stage, report, train
from .mining import find_hard_places
from .network import Network
from .pool import make_pool

MODEL = Path(__file__).resolve().parent.parent / "model" / "segformer.onnx"
HELD_OUT_SEED = 900_000_000
# Added on export, background first: particles and nodules are found more, peeling is outlined
# more closely.
OFFSETS = (-0.5, 0.8, -0.6, 0.6, 0.3)
# Side and number of a step's crops, then those of a stage's last seventh.
CROPS = {"cpu": ((192, 8), (448, 2)), "accelerator": ((256, 32), (448, 12))}


def main() -> None:
    """Run the stages that the arguments ask for."""
    arguments = _parse()
    arguments.work.mkdir(parents=True, exist_ok=True)
    checkpoint = arguments.work / "checkpoint.pt"
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    network = Network().to(arguments.device)
    start = checkpoint if checkpoint.exists() else arguments.start
    if start:
        state = torch.load(start, weights_only=True, map_location="cpu")
        network.load_state_dict(state["network"])
    held_out = make_pool(HELD_OUT_SEED, arguments.held_out, arguments.workers, arguments.device)
    crops = CROPS["cpu" if arguments.device == "cpu" else "accelerator"]
    stages = {
        "main": Stage("main", arguments.minutes, arguments.rate, arguments.seed, *crops),
        "polish": Stage(
            "polish", arguments.polish_minutes, arguments.polish_rate, arguments.seed + 1, *crops
        ),
    }
    for name in arguments.stages:
        stage = stages[name]
        pool = make_pool(
            stage.seed * 1_000_000, arguments.tiles, arguments.workers, arguments.device
        )
        report(
            stage=name, tiles=len(pool.images), regions={c: len(p) for c, p in pool.places.items()}
        )
        if name == "polish":
            pool.hard = find_hard_places(network, pool, arguments.mined)
            report(stage=name, hard={c: len(p) for c, p in pool.hard.items()})
        train(network, pool, held_out, stage, checkpoint, arguments.evaluate_every)
        report(stage=name, held_out=evaluate(network, held_out))
    network.shift_logits(arguments.offsets)
    report(held_out=evaluate(network, held_out), offsets=arguments.offsets)
    report(exported=str(arguments.output), **export(network, arguments.output, held_out))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("instance/training"))
    parser.add_argument("--output", type=Path, default=MODEL)
    parser.add_argument("--device", default="cpu", help="cpu, or cuda")
    parser.add_argument("--minutes", type=float, default=40.0, help="of the main stage")
    parser.add_argument("--rate", type=float, default=1.5e-3, help="peak learning rate")
    parser.add_argument("--polish-minutes", type=float, default=30.0)
    parser.add_argument("--polish-rate", type=float, default=7e-4, help="of the polishing stage")
    parser.add_argument("--from", dest="start", type=Path, help="checkpoint to begin with")
    parser.add_argument("--stages", nargs="*", default=["main", "polish"], help="none: export only")
    parser.add_argument("--tiles", type=int, default=6000, help="in each stage's pool")
    parser.add_argument("--mined", type=int, default=1300, help="of them, looked at for failures")
    parser.add_argument("--held-out", type=int, default=200)
    parser.add_argument("--evaluate-every", type=float, default=600.0, help="seconds")
    parser.add_argument(
        "--offsets", type=float, nargs=5, default=OFFSETS, help="added to each class's logits"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2, help="processes that draw tiles")
    return parser.parse_args()


if __name__ == "__main__":
    main()
