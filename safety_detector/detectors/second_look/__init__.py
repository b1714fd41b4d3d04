"""The embedded detector looks at every frame of a camera, the language model where it matters.

All that is decided is pure, with state and moment handed in: ``planning`` says which road a frame
takes and what is asked, ``memory`` what was answered about a camera a moment ago, ``budget`` how
much may be asked, ``combining`` what comes of the answers.  ``detector`` does it: with threads, in
time, for many cameras.
"""
