"""The network: HF SegFormer with one channel, made to predict at full resolution."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from transformers import SegformerConfig, SegformerForSemanticSegmentation

CLASSES = 5
UPSCALING = 4
CENTRE, SPREAD = 160.0, 40.0
BACKGROUND_BIAS = 4.0


class Network(nn.Module):  # type: ignore[misc,unused-ignore]
    """SegFormer of 3.4 M parameters: grey levels (n, 1, h, w) to logits (n, 5, h, w).

    SegFormer predicts at a quarter of the resolution, where a speck of 3 px is lost; it predicts
    16 logits a class here, which PixelShuffle spreads over the 4 x 4 pixels.
    """

    def __init__(self) -> None:
        super().__init__()
        config = SegformerConfig(
            num_channels=1,
            hidden_sizes=[32, 64, 160, 256],
            depths=[2, 2, 2, 2],
            decoder_hidden_size=64,
            num_labels=CLASSES * UPSCALING**2,  # type: ignore[call-arg,unused-ignore]
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            classifier_dropout_prob=0.0,
            drop_path_rate=0.0,
            # Backwards, the fused attention takes a sixth more of a step on a CPU.
            attn_implementation="eager",  # type: ignore[call-arg,unused-ignore]
        )
        self.segformer = SegformerForSemanticSegmentation(config)
        self.shuffle = nn.PixelShuffle(UPSCALING)
        self._initialise()

    def forward(self, levels: Tensor) -> Tensor:
        """Return class logits for grey levels from 0 to 255; h and w divide by 32."""
        logits = self.segformer(pixel_values=(levels - CENTRE) / SPREAD).logits
        shuffled: Tensor = self.shuffle(logits)
        return shuffled

    def shift_logits(self, offsets: Sequence[float]) -> None:
        """Add an offset a class to every logit for good, to balance recall and precision."""
        classifier = self.segformer.decode_head.classifier
        with torch.no_grad():
            for k, offset in enumerate(offsets):
                own = slice(k * UPSCALING**2, (k + 1) * UPSCALING**2)
                classifier.get_parameter("bias")[own] += offset

    def _initialise(self) -> None:
        """Draw weights by fan-in: HF's normal(0, 0.02) nearly silences layers this narrow."""
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Conv2d):
                fan_in = module.weight[0].numel()
                std = 1 / math.sqrt(fan_in)
                nn.init.trunc_normal_(module.weight, std=std, a=-2 * std, b=2 * std)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        classifier = self.segformer.decode_head.classifier
        with torch.no_grad():
            # Nearly every pixel is clean; starting there spares the first steps.
            classifier.get_parameter("bias")[: UPSCALING**2] = BACKGROUND_BIAS
