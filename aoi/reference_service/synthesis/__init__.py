"""Draw synthetic fan-out RDL images with exact defect masks (numpy and OpenCV only)."""
