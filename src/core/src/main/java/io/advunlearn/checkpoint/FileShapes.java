package io.advunlearn.checkpoint;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;

/** The shapes of a file's tensors whose names begin alike, by the rest of their names. */
final class FileShapes {

    private final Path file;
    private final String prefix;
    private final Map<String, long[]> shapes = new LinkedHashMap<>();

    FileShapes(Path file, String prefix, Map<String, long[]> all) {
        this.file = file;
        this.prefix = prefix;
        all.forEach((name, shape) -> {
            if (name.startsWith(prefix)) {
                shapes.put(name.substring(prefix.length()), shape);
            }
        });
    }

    boolean has(String name) {
        return shapes.containsKey(name);
    }

    boolean hasAny(String start) {
        return shapes.keySet().stream().anyMatch(name -> name.startsWith(start));
    }

    /** @throws IllegalArgumentException naming the file and the tensor */
    long[] of(String name) {
        long[] shape = shapes.get(name);
        if (shape == null) {
            throw new IllegalArgumentException(file + ": has no tensor " + prefix + name + ", which every checkpoint of its kind has");
        }
        return shape;
    }

    /** How many consecutive numbers from 0 follow {@code start}. */
    int count(String start) {
        int count = 0;
        while (hasAny(start + count + ".")) {
            count++;
        }
        return count;
    }

    void forEach(BiConsumer<String, long[]> action) {
        shapes.forEach(action);
    }
}
