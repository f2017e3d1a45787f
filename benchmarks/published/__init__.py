"""Published studies, reproduced: each a command that writes the study's measures and figures into a run folder."""
