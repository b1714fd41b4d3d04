"""How hazards and text look wherever they are drawn: colours and marks, fonts."""
