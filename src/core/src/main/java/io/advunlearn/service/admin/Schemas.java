package io.advunlearn.service.admin;

import io.advunlearn.evaluation.EvaluationReport;
import io.advunlearn.report.ErasureReport;
import io.advunlearn.service.json.Answer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.TreeMap;

/** The published JSON schemas of the reports. */
final class Schemas {

    private static final String MEDIA_TYPE = "application/schema+json";

    private static final Map<String, Class<?>> TYPES = new TreeMap<>(Map.of("evaluation-report.json", EvaluationReport.class, "erasure-report.json",
            ErasureReport.class));

    private Schemas() {
    }

    /** @param name for example {@code evaluation-report.json} */
    static Answer get(String name) {
        if (!TYPES.containsKey(name)) {
            throw ProblemException.notFound("there is no schema " + name + "; there are: " + String.join(", ", TYPES.keySet()));
        }
        try (InputStream schema = TYPES.get(name).getResourceAsStream(name.replace(".json", ".schema.json"))) {
            return new Answer(200, MEDIA_TYPE, Map.of(), schema.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
