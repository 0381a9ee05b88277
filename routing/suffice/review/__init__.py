"""Reviews: a diff or a tree becomes findings with quotes, stage by stage."""
