"""Where pictures and reports are kept: blobs, each under a key.

``storage.Storage`` knows what is stored of pictures and reports, ``keys`` under which key,
``blobs.Blobs`` what a place for blobs has to do, and ``local_folder.LocalFolder`` does it in the
data folder, where a key is the path of a file::

    images/ab/<sha256>                      submitted pictures, ``ab`` the hash's first two digits
    images/.incoming/                       uploads on their way in, files that are made to be sent
    marked_images/X/<inspection>-<fence>.jpg    ``X`` the inspection id's last character
    reports/<report>-<fence>/*.pdf          a report as made under one claim; volumes beside it
    reserve/                                given up when the disk is full (``host.disk_room``)
    fonts/                                  the operator's own fonts, none at first
"""
