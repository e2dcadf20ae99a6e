"""What every request and answer passes, whichever blueprint it is for."""
