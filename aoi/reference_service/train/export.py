"""Write the network as ONNX and compare the two."""

from pathlib import Path

import numpy as np
import onnxruntime
import torch

from .network import Network
from .pool import Pool

PATCH = 512
OPSET = 18


def export(network: Network, path: Path, tiles: Pool, compared: int = 24) -> dict[str, float]:
    """Export for (1, 1, 512, 512) patches; return the size and the agreement with torch."""
    network.cpu().eval()
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        network,
        (torch.zeros(1, 1, PATCH, PATCH),),
        str(path),
        input_names=["levels"],
        output_names=["logits"],
        opset_version=OPSET,
        dynamo=True,
        external_data=False,
    )
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    same = []
    for image in tiles.images[:compared].cpu().numpy():
        levels = image.astype(np.float32)[None, None]
        with torch.inference_mode():
            expected = network(torch.from_numpy(levels)).argmax(dim=1).numpy()
        answer = session.run(["logits"], {"levels": levels})[0].argmax(axis=1)
        same.append(float((answer == expected).mean()))
    return {
        "megabytes": round(path.stat().st_size / 1e6, 2),
        "same_pixels": round(float(np.mean(same)), 6),
        "same_pixels_worst": round(min(same), 6),
    }
