"""What several rules want to know of a notebook; each module answers one kind of question."""
