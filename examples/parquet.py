"""Reads the Parquet files of the examples with Python alone, one row group at a time.

Just what those files need: flat columns that are never NULL, version 1 pages, plain or dictionary encoding, pages as
they are or compressed by zstd. Anything else is an error that says what it met. Decompression is libzstd's, which
Debian's own package manager depends on, so it is always there."""
import ctypes, struct

PLAIN, PLAIN_DICTIONARY, RLE, RLE_DICTIONARY = 0, 2, 3, 8
INT32, INT64, DOUBLE, BYTE_ARRAY = 1, 2, 5, 6
UNCOMPRESSED, ZSTD = 0, 6
DATA_PAGE, DICTIONARY_PAGE = 0, 2


class Thrift:
    """The compact protocol, in which Parquet writes its own structures; a struct becomes {field number: value}."""

    def __init__(self, data, offset=0):
        self.data, self.offset = data, offset

    def varint(self):
        value = shift = 0
        while True:
            byte = self.data[self.offset]
            self.offset += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7

    def integer(self):
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def value(self, kind):
        if kind in (1, 2):
            return kind == 1
        if kind in (4, 5, 6):
            return self.integer()
        if kind == 12:
            return self.struct()
        if kind == 9:
            head = self.data[self.offset]
            self.offset += 1
            count = head >> 4 if head >> 4 < 15 else self.varint()
            return [self.value(head & 15) for _ in range(count)]
        size = {3: 1, 7: 8, 8: None}[kind]
        if size is None:
            size = self.varint()
        self.offset += size
        return self.data[self.offset - size:self.offset]

    def struct(self):
        fields, number = {}, 0
        while True:
            head = self.data[self.offset]
            self.offset += 1
            if head == 0:
                return fields
            number = number + (head >> 4) if head >> 4 else self.integer()
            fields[number] = self.value(head & 15)


class Zstd:
    def __init__(self):
        self.library = ctypes.CDLL('libzstd.so.1')
        self.library.ZSTD_decompress.restype = ctypes.c_size_t
        self.library.ZSTD_decompress.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]

    def decompress(self, data, size):
        target = ctypes.create_string_buffer(size)
        if self.library.ZSTD_decompress(target, size, data, len(data)) != size:
            raise ValueError('a compressed page is damaged')
        return target.raw


def numbers(data, bit_width, count):
    """Parquet's hybrid of runs and packed bits: count numbers of bit_width bits."""
    values, thrift = [], Thrift(data)
    mask, byte_width = (1 << bit_width) - 1, (bit_width + 7) // 8
    while len(values) < count:
        head = thrift.varint()
        if head & 1:
            # Groups of eight numbers take bit_width bytes; one group at a time keeps the big integers small.
            for _ in range(head >> 1):
                packed = int.from_bytes(data[thrift.offset:thrift.offset + bit_width], 'little')
                thrift.offset += bit_width
                for _ in range(8):
                    values.append(packed & mask)
                    packed >>= bit_width
        else:
            repeated = int.from_bytes(data[thrift.offset:thrift.offset + byte_width], 'little')
            thrift.offset += byte_width
            values.extend([repeated] * (head >> 1))
    return values[:count]


def plain(data, physical, count):
    if physical == BYTE_ARRAY:
        values, offset = [], 0
        for _ in range(count):
            size = int.from_bytes(data[offset:offset + 4], 'little')
            values.append(data[offset + 4:offset + 4 + size].decode())
            offset += 4 + size
        return values
    letter, size = {INT32: ('i', 4), INT64: ('q', 8), DOUBLE: ('d', 8)}[physical]
    return list(struct.unpack(f'<{count}{letter}', data[:count * size]))


class Parquet:
    def __init__(self, path):
        with open(path, 'rb') as file:
            self.data = file.read()
        if self.data[:4] != b'PAR1' or self.data[-4:] != b'PAR1':
            raise ValueError(f'{path} is no Parquet file')
        size = int.from_bytes(self.data[-8:-4], 'little')
        footer = Thrift(self.data[-8 - size:-8]).struct()
        root, *leaves = footer[2]
        if root[5] != len(leaves):
            raise ValueError(f'{path} has nested columns')
        self.names = [leaf[4].decode() for leaf in leaves]
        self.optional = [leaf[3] == 1 for leaf in leaves]
        self.row_groups = footer[4]
        self.row_count = footer[3]
        self.zstd = Zstd()

    def columns(self, row_group):
        """{name: values} of one row group."""
        chunks = [chunk[3] for chunk in self.row_groups[row_group][1]]
        return {name: self.column(chunk, optional)
                for name, chunk, optional in zip(self.names, chunks, self.optional)}

    def column(self, chunk, optional):
        offset, values, dictionary = chunk.get(11) or chunk[9], [], []
        while len(values) < chunk[5]:
            thrift = Thrift(self.data, offset)
            page = thrift.struct()
            offset = thrift.offset + page[3]
            data = self.data[thrift.offset:offset]
            if chunk[4] == ZSTD:
                data = self.zstd.decompress(data, page[2])
            elif chunk[4] != UNCOMPRESSED:
                raise ValueError(f'compression {chunk[4]} is not known here')
            if page[1] == DICTIONARY_PAGE:
                dictionary = plain(data, chunk[1], page[7][1])
            elif page[1] == DATA_PAGE:
                values += self.data_page(data, page[5], chunk[1], optional, dictionary)
            else:
                raise ValueError(f'pages of kind {page[1]} are not known here')
        return values

    def data_page(self, data, header, physical, optional, dictionary):
        count, encoding = header[1], header[2]
        if optional:
            size = int.from_bytes(data[:4], 'little')
            if not all(numbers(data[4:4 + size], 1, count)):
                raise ValueError('NULLs are not known here')
            data = data[4 + size:]
        if encoding == PLAIN:
            return plain(data, physical, count)
        if encoding in (PLAIN_DICTIONARY, RLE_DICTIONARY):
            return list(map(dictionary.__getitem__, numbers(data[1:], data[0], count)))
        raise ValueError(f'encoding {encoding} is not known here')
