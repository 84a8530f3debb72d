"""Files made by hand: good ones as phones and fax machines send them, and the pieces of bad ones."""

import io
import struct
import zipfile
import zlib

from PIL import Image, ImageDraw


def picture(width=64, height=48, mode="RGB"):
    """Red above, blue below, a white corner at the top left: every turn of it looks different."""
    image = Image.new("RGB", (width, height), (200, 30, 30))
    drawing = ImageDraw.Draw(image)
    drawing.rectangle([0, height // 2, width, height], fill=(30, 30, 200))
    drawing.rectangle([0, 0, width // 4, height // 4], fill="white")
    return image.convert(mode)


def encoded(image, form, **how):
    file = io.BytesIO()
    image.save(file, form, **how)
    return file.getvalue()


def jpeg(width=64, height=48, **how):
    return encoded(picture(width, height), "JPEG", quality=90, **how)


def png(width=64, height=48, mode="RGB", **how):
    return encoded(picture(width, height, mode), "PNG", **how)


def webp(width=64, height=48, **how):
    return encoded(picture(width, height), "WEBP", **how)


def signature_png(width=300, height=120, wobble=0):
    """A pen line on a transparent ground, as a signature pad gives it."""
    image = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    ImageDraw.Draw(image).line([(20, 60 + wobble), (90, 20), (140, 100), (260, 40 + wobble)], fill=(20, 20, 60, 255), width=4)
    return encoded(image, "PNG")


def pdf(body=b"1 0 obj<</Type/Catalog>>endobj\n", end=b"%%EOF\n"):
    return b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n" + body + b"trailer<</Root 1 0 R>>\nstartxref\n9\n" + end


def box(name, body=b""):
    return struct.pack(">I", 8 + len(body)) + name + body


def mp4(brand=b"isom", data=b"\x00" * 512):
    track = box(b"trak", box(b"mdia", box(b"hdlr", b"\0" * 8 + b"vide" + b"\0" * 12)))
    return box(b"ftyp", brand + b"\0\0\2\0isomiso2mp41") + box(b"moov", track) + box(b"free") + box(b"mdat", data)


def zipped(name="x.txt", text="hidden"):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, text)
    return file.getvalue()


def png_chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_of_size(width, height, bits=8, colour=2):
    """A PNG that claims these dimensions and has next to no data."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(b"\0" * 100)) + png_chunk(b"IEND", b"")


def jpeg_of_size(width, height):
    """A JPEG whose frame header claims these dimensions."""
    data = bytearray(jpeg(16, 16))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def webp_of_size(width, height, animated=False):
    """An extended WEBP that claims this canvas."""
    canvas = bytes([0x02 if animated else 0, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBP" + b"VP8X" + struct.pack("<I", 10) + canvas + webp()[12:]
    return b"RIFF" + struct.pack("<I", len(body)) + body


def exif(orientation=1, taken="2026:05:01 09:30:00", offset="+08:00", gps=True, maker=b""):
    """What a phone writes beside the picture."""
    data = Image.Exif()
    data[0x010F], data[0x0110], data[0x0112] = "HUAWEI", "Mate 60", orientation
    details = data.get_ifd(0x8769)
    if taken:
        details[0x9003] = taken
    if offset:
        details[0x9011] = offset
    if maker:
        details[0x927C] = maker
    if gps:
        place = data.get_ifd(0x8825)
        place[1], place[2], place[3], place[4] = "N", (31.0, 18.0, 7.5), "E", (120.0, 35.0, 12.0)
    return data.tobytes()
