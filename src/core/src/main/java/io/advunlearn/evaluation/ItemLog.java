package io.advunlearn.evaluation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Finished work, one JSON line an item: what makes an evaluation resumable. A line cut off by a crash is dropped on opening.
 *
 * @param <K> what identifies an item
 * @param <T> the item, a record
 */
final class ItemLog<K, T> {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Path file;
    private final Function<T, K> key;
    private final Map<K, T> items = new LinkedHashMap<>();

    ItemLog(Path file, Class<T> type, Function<T, K> key) {
        this.file = file;
        this.key = key;
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            if (Files.exists(file)) {
                read(type);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void read(Class<T> type) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        int complete = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                T item = MAPPER.readValue(bytes, complete, i - complete, type);
                items.put(key.apply(item), item);
                complete = i + 1;
            }
        }
        if (complete < bytes.length) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(complete);
            }
        }
    }

    boolean hasAll(Collection<K> keys) {
        return items.keySet().containsAll(keys);
    }

    /** The item, or {@code null}. */
    T get(K wanted) {
        return items.get(wanted);
    }

    List<T> all() {
        return List.copyOf(items.values());
    }

    /** Appends items and waits until they are on disk. */
    void append(List<T> finished) {
        StringBuilder lines = new StringBuilder();
        try {
            for (T item : finished) {
                lines.append(MAPPER.writeValueAsString(item)).append('\n');
            }
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an item has no JSON form", e);
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            ByteBuffer buffer = ByteBuffer.wrap(lines.toString().getBytes(StandardCharsets.UTF_8));
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(true);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        finished.forEach(item -> items.put(key.apply(item), item));
    }
}
