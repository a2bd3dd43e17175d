package io.advunlearn.tensor;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The checked header of a safetensors file.
 *
 * @param tensors by name, in the order of their data
 * @param metadata free text
 * @param dataStart file position of the first data byte
 */
record SafetensorsHeader(Map<String, Safetensors.Info> tensors, Map<String, String> metadata, long dataStart) {

    /** The reference implementation's limit. */
    static final long MAX_HEADER = 100_000_000;

    static final String HOW_TO_CONVERT = " Only safetensors files are loaded, because a pickle can run code: convert it where you trust it, "
            + "for example with `model.save_pretrained(folder, safe_serialization=True)` in Python.";

    private static final Map<String, Integer> BYTES = Map.ofEntries(
            Map.entry("BOOL", 1), Map.entry("U8", 1), Map.entry("I8", 1), Map.entry("F8_E5M2", 1), Map.entry("F8_E4M3", 1),
            Map.entry("I16", 2), Map.entry("U16", 2), Map.entry("F16", 2), Map.entry("BF16", 2),
            Map.entry("I32", 4), Map.entry("U32", 4), Map.entry("F32", 4),
            Map.entry("I64", 8), Map.entry("U64", 8), Map.entry("F64", 8));

    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    static {
        // names and metadata are bounded by the header's own limit
        JSON.getFactory().setStreamReadConstraints(StreamReadConstraints.builder()
                .maxStringLength((int) MAX_HEADER).maxNameLength((int) MAX_HEADER).maxNestingDepth(8).build());
    }

    static SafetensorsHeader read(Path file, FileChannel channel) throws IOException {
        long fileSize = channel.size();
        ByteBuffer prefix = readFully(channel, 0, (int) Math.min(8, fileSize));
        refusePickle(file, prefix);
        if (fileSize < 8) {
            throw refuse(file, "has " + fileSize + " bytes; a safetensors file starts with 8 bytes of header length");
        }
        long length = prefix.getLong(0);
        if (length < 2 || length > MAX_HEADER) {
            throw refuse(file, "declares a header of " + Long.toUnsignedString(length) + " bytes; 2 to " + MAX_HEADER + " are accepted. It is no safetensors file or is damaged");
        }
        if (length > fileSize - 8) {
            throw refuse(file, "declares a header of " + length + " bytes but only " + (fileSize - 8) + " follow; it is cut off");
        }
        JsonNode root = parse(file, readFully(channel, 8, (int) length));
        return new Reading(file, fileSize - 8 - length).header(root, 8 + length);
    }

    /**
     * A zip (torch.save) begins with PK and a record's type, a bare pickle with protocol byte 0x80. Two letters alone would also be a
     * header of 19,280 bytes.
     */
    private static void refusePickle(Path file, ByteBuffer prefix) {
        int first = prefix.limit() > 0 ? prefix.get(0) & 0xff : 0;
        int second = prefix.limit() > 1 ? prefix.get(1) & 0xff : 0;
        int third = prefix.limit() > 2 ? prefix.get(2) & 0xff : 0;
        if (first == 'P' && second == 'K' && third >= 1 && third <= 8) {
            throw refuse(file, "is a zip archive, as torch.save writes (a pickle)." + HOW_TO_CONVERT);
        }
        // a header of 0x80 bytes starts with 0x80 too, but its second length byte is 0, no pickle protocol
        if (first == 0x80 && second >= 1 && second <= 5 && prefix.limit() == 8 && prefix.getLong(0) > MAX_HEADER) {
            throw refuse(file, "is a Python pickle." + HOW_TO_CONVERT);
        }
    }

    private static ByteBuffer readFully(FileChannel channel, long position, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining() && channel.read(buffer, position + buffer.position()) >= 0) {
            // short reads are allowed; the loop ends when the buffer is full or the file ends
        }
        if (buffer.hasRemaining()) {
            throw new IOException("the file ended while it was read");
        }
        return buffer.flip();
    }

    private static JsonNode parse(Path file, ByteBuffer bytes) {
        try {
            String text = StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT).decode(bytes).toString();
            if (text.charAt(0) != '{') {
                throw refuse(file, "has a header that does not start with '{'");
            }
            return JSON.readTree(text);
        } catch (CharacterCodingException e) {
            throw new SafetensorsException(file + ": has a header that is no UTF-8 text", e);
        } catch (IOException e) {
            String reason = e instanceof JsonProcessingException json ? json.getOriginalMessage() : e.getMessage();
            throw new SafetensorsException(file + ": has a header that is no valid JSON (" + reason + ")", e);
        }
    }

    private static SafetensorsException refuse(Path file, String reason) {
        return new SafetensorsException(file + ": " + reason);
    }

    /** One header being checked against the length of its data. */
    private record Reading(Path file, long dataLength) {

        SafetensorsHeader header(JsonNode root, long dataStart) {
            Map<String, String> metadata = Map.of();
            List<Map.Entry<String, Safetensors.Info>> entries = new ArrayList<>();
            for (Map.Entry<String, JsonNode> field : root.properties()) {
                if (field.getKey().equals("__metadata__")) {
                    metadata = metadata(field.getValue());
                } else {
                    entries.add(Map.entry(field.getKey(), info(field.getKey(), field.getValue())));
                }
            }
            entries.sort(Comparator.comparingLong((Map.Entry<String, Safetensors.Info> e) -> e.getValue().begin())
                    .thenComparingLong(e -> e.getValue().end()));
            return new SafetensorsHeader(Collections.unmodifiableMap(contiguous(entries)), metadata, dataStart);
        }

        private Map<String, String> metadata(JsonNode node) {
            if (!node.isObject()) {
                throw refuse(file, "__metadata__ is no JSON object");
            }
            Map<String, String> metadata = new LinkedHashMap<>();
            for (Map.Entry<String, JsonNode> field : node.properties()) {
                if (!field.getValue().isTextual()) {
                    throw refuse(file, "__metadata__." + field.getKey() + " is no text");
                }
                metadata.put(field.getKey(), field.getValue().textValue());
            }
            return Collections.unmodifiableMap(metadata);
        }

        private Safetensors.Info info(String name, JsonNode node) {
            if (!node.isObject() || !Set.of("dtype", "shape", "data_offsets").equals(fieldNames(node))) {
                throw refuse(name, "needs exactly the fields dtype, shape and data_offsets");
            }
            String dtype = node.get("dtype").isTextual() ? node.get("dtype").textValue() : "";
            if (!BYTES.containsKey(dtype)) {
                throw refuse(name, "has the unknown dtype " + node.get("dtype") + "; known are " + BYTES.keySet().stream().sorted().toList());
            }
            long[] shape = naturals(name, "shape", node.get("shape"));
            long[] offsets = naturals(name, "data_offsets", node.get("data_offsets"));
            if (offsets.length != 2 || offsets[0] > offsets[1]) {
                throw refuse(name, "data_offsets must be [begin, end] with begin <= end, not " + node.get("data_offsets"));
            }
            if (offsets[1] > dataLength) {
                throw refuse(name, "ends at byte " + offsets[1] + " but the file holds " + dataLength + " data bytes; it is cut off");
            }
            long bytes = bytes(name, shape, BYTES.get(dtype));
            if (bytes != offsets[1] - offsets[0]) {
                throw refuse(name, dtype + " of shape " + node.get("shape") + " needs " + bytes + " bytes, but data_offsets span " + (offsets[1] - offsets[0]));
            }
            return new Safetensors.Info(dtype, shape, offsets[0], offsets[1]);
        }

        private Set<String> fieldNames(JsonNode node) {
            Set<String> names = new HashSet<>();
            node.fieldNames().forEachRemaining(names::add);
            return names;
        }

        private long[] naturals(String name, String field, JsonNode node) {
            if (!node.isArray()) {
                throw refuse(name, field + " is no list");
            }
            long[] values = new long[node.size()];
            for (int i = 0; i < values.length; i++) {
                JsonNode value = node.get(i);
                if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
                    throw refuse(name, field + " holds " + value + "; whole numbers from 0 to 2^63-1 are accepted");
                }
                values[i] = value.longValue();
            }
            return values;
        }

        private long bytes(String name, long[] shape, int width) {
            try {
                long product = width;
                for (long dimension : shape) {
                    product = Math.multiplyExact(product, dimension);
                }
                return product;
            } catch (ArithmeticException e) {
                throw refuse(name, "the product of its dimensions overflows 64 bits");
            }
        }

        /** The data must be covered without hole, overlap or rest, so that nothing can hide in the file. */
        private Map<String, Safetensors.Info> contiguous(List<Map.Entry<String, Safetensors.Info>> sorted) {
            Map<String, Safetensors.Info> tensors = new LinkedHashMap<>();
            long expected = 0;
            for (Map.Entry<String, Safetensors.Info> entry : sorted) {
                long begin = entry.getValue().begin();
                if (begin != expected) {
                    throw refuse(entry.getKey(), "begins at byte " + begin + " where " + expected + " was expected: tensors "
                            + (begin < expected ? "overlap" : "leave a hole"));
                }
                expected = entry.getValue().end();
                tensors.put(entry.getKey(), entry.getValue());
            }
            if (expected != dataLength) {
                throw SafetensorsHeader.refuse(file, "holds " + dataLength + " data bytes, but its tensors end at " + expected);
            }
            return tensors;
        }

        private SafetensorsException refuse(String tensor, String reason) {
            return SafetensorsHeader.refuse(file, "tensor " + tensor + ": " + reason);
        }

        private SafetensorsException refuse(Path where, String reason) {
            return SafetensorsHeader.refuse(where, reason);
        }
    }
}
