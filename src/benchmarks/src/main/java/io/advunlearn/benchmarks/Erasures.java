package io.advunlearn.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.erasure.ErasureMethods;
import io.advunlearn.erasure.ErasureRequest;
import io.advunlearn.erasure.ErasureResult;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Erasures that are run once and then read from disk. */
final class Erasures {

    private static final String OUTCOME = "outcome.json";
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final String UNET = "unet:";

    private Erasures() {
    }

    /**
     * What an erasure cost.
     *
     * @param unetForward latents through the UNet forward, bank included
     * @param unetBackward latents whose gradient went back to the context
     */
    record Outcome(String anchor, long unetForward, long unetBackward, double seconds) {
    }

    /** @param name a method, {@code method:profile}, or a profile of AdvUnlearn; behind {@code unet:} it trains the UNet */
    static ErasureRequest request(String concept, String kind, String name, long seed, Map<String, Object> settings) {
        if (name.startsWith(UNET)) {
            Map<String, Object> values = new LinkedHashMap<>(settings);
            values.put("module", "unet");
            return request(concept, kind, name.substring(UNET.length()), seed, values);
        }
        String[] parts = name.split(":", 2);
        boolean profile = !ErasureMethods.names().contains(parts[0]);
        return new ErasureRequest(concept, kind, profile ? ErasureMethods.DEFAULT : parts[0],
                profile ? name : parts.length > 1 ? parts[1] : null, seed, settings);
    }

    /**
     * The erasure of an earlier run.
     *
     * @throws IllegalArgumentException if {@code directory} holds no finished one
     */
    static Outcome finished(Path directory) throws IOException {
        Path file = directory.resolve(OUTCOME);
        if (!Files.exists(file)) {
            throw new IllegalArgumentException(directory + " holds no finished erasure");
        }
        return JSON.readValue(file.toFile(), Outcome.class);
    }

    /** Runs, resumes or reads the erasure in {@code directory}; its encoder is {@code directory/encoder}, its UNet {@code directory/unet}. */
    static Outcome outcome(PipelineComponents components, ErasureRequest request, Path directory) {
        Path file = directory.resolve(OUTCOME);
        try {
            if (Files.exists(file)) {
                return finished(directory);
            }
            Files.createDirectories(directory);
            ErasureResult result = ErasureMethods.byName(request.method()).run(components, request, directory, event -> {
                if (event.iteration() % 50 == 0 && !"checkpoint".equals(event.phase())) {
                    System.out.printf("  %s %d/%d %s%n", event.phase(), event.iteration(), event.iterations(), round(event.values()));
                }
            }, new CancellationToken());
            Outcome outcome = new Outcome(result.anchor(), result.unetForward(), result.unetBackward(), result.seconds());
            JSON.writerWithDefaultPrettyPrinter().writeValue(file.toFile(), outcome);
            return outcome;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String round(Map<String, Double> values) {
        StringBuilder text = new StringBuilder();
        values.forEach((name, value) -> text.append(name).append('=').append(String.format("%.4g", value)).append(' '));
        return text.toString();
    }
}
