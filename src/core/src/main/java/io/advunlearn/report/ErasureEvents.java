package io.advunlearn.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.advunlearn.erasure.ErasureEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** An erasure's progress in {@code events.jsonl}, the same lines that its job writes. */
public final class ErasureEvents {

    private static final String FILE = "events.jsonl";
    private static final String PROGRESS = "progress";
    private static final String LOSS = "loss_";

    private ErasureEvents() {
    }

    /** Adds a line. */
    public static void append(Path directory, ErasureEvent event) {
        ObjectNode line = Json.MAPPER.createObjectNode().put("type", PROGRESS).put("time", Instant.now().toString());
        line.setAll((ObjectNode) Json.MAPPER.valueToTree(event));
        try {
            Files.createDirectories(directory);
            Files.writeString(directory.resolve(FILE), line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The losses; of an iteration that a resumed erasure did again, the last. */
    static List<ErasureReport.Point> curve(Path directory) {
        Map<Integer, ErasureReport.Point> points = new TreeMap<>();
        Path file = directory.resolve(FILE);
        if (Files.exists(file)) {
            try {
                Files.readAllLines(file).forEach(line -> add(points, line));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return List.copyOf(points.values());
    }

    private static void add(Map<Integer, ErasureReport.Point> points, String line) {
        JsonNode event;
        try {
            event = Json.MAPPER.readTree(line);
        } catch (JsonProcessingException e) {
            // A crash cut it.
            return;
        }
        Map<String, Double> losses = new TreeMap<>();
        event.path("values").properties().forEach(value -> {
            if (value.getKey().startsWith(LOSS) && value.getValue().isNumber()) {
                losses.put(value.getKey(), value.getValue().asDouble());
            }
        });
        if (event.path("type").asText().equals(PROGRESS) && !losses.isEmpty()) {
            int iteration = event.path("iteration").asInt();
            points.put(iteration, new ErasureReport.Point(iteration, event.path("phase").asText(), losses));
        }
    }
}
