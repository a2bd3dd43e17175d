package io.advunlearn.report;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import io.advunlearn.erasure.ErasureRequest;
import io.advunlearn.erasure.ErasureResult;
import io.advunlearn.evaluation.Environment;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.tensor.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What an erasure did: {@code report.json} in its directory, described by {@code erasure-report.schema.json} beside this class.
 *
 * @param schema version of the JSON form
 * @param model SHA-256 of the file of the encoder that the pipeline came with
 * @param encoder SHA-256 of the candidate's weights file
 * @param createdAt when the report was finished
 * @param request what was asked: concepts, method, profile, seed, overrides
 * @param result what came out: iterations, cost, resolved settings, anchor
 * @param curve losses by iteration, oldest first
 * @param environment where it ran
 */
public record ErasureReport(String schema, String model, String encoder, Instant createdAt, Map<String, Object> request, Map<String, Object> result,
        List<Point> curve, Environment environment) {

    public static final String SCHEMA = "advunlearn/erasure-report/1";

    /** File names in an erasure's directory. */
    public static final String FILE = "report.json";

    /**
     * @param iteration outer iterations done
     * @param phase as in the events
     * @param losses by name
     */
    public record Point(int iteration, String phase, Map<String, Double> losses) {
    }

    /** Writes {@code report.json} of a finished erasure, whose {@code events.jsonl} is in the same directory. */
    public static ErasureReport write(Path directory, PipelineComponents components, ErasureRequest request, ErasureResult result) {
        ErasureReport report = new ErasureReport(SCHEMA, components.baseDigest(), digest(result.encoderDirectory()), Instant.now(), members(request), members(result),
                ErasureEvents.curve(directory), Environment.now(components.device()));
        Json.write(directory.resolve(FILE), report);
        return report;
    }

    private static Map<String, Object> members(Object value) {
        JsonNode tree = Json.MAPPER.valueToTree(value);
        return Json.MAPPER.convertValue(tree, new TypeReference<TreeMap<String, Object>>() { });
    }

    private static String digest(Path module) {
        try (Stream<Path> files = Files.list(module)) {
            return Sha256.of(files.filter(file -> file.toString().endsWith(".safetensors")).findFirst().orElseThrow());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The report in an erasure's directory; {@code null} if there is none of this schema. */
    public static ErasureReport read(Path directory) {
        Path file = directory.resolve(FILE);
        if (!Files.exists(file) || !SCHEMA.equals(Json.read(file, JsonNode.class).path("schema").asText())) {
            return null;
        }
        return Json.read(file, ErasureReport.class);
    }
}
