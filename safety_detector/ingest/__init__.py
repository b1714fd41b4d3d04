"""The way in: untrusted bytes, files and URLs become pictures worth decoding, or clear refusals."""
