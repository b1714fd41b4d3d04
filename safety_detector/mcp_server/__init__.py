"""Tools for agents, by the Model Context Protocol: REST's resources under the caller's own key."""
