"""Hold a running SegFormer service against the contract, in words an administrator can use."""
