package io.advunlearn.benchmarks;

import io.advunlearn.erasure.ErasureCost;
import io.advunlearn.erasure.ErasureRequest;
import io.advunlearn.erasure.ErasureSettings;
import io.advunlearn.pipeline.TextToImagePipeline;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;

/** Compares the profiles: counted at equal updates, attack steps and rows for the published schedule; timed as they are for a shorter one. */
@CommandLine.Command(name = "cost", mixinStandardHelpOptions = true,
        description = "Cost of the profiles: counted at equal updates, attack steps and rows for the published schedule; timed as they are for a shorter one.")
final class CostCommand implements Callable<Integer> {

    @CommandLine.Option(names = "--model", defaultValue = "models/emoji-sd", description = "model directory (default: ${DEFAULT-VALUE})")
    private Path model;

    @CommandLine.Option(names = "--out", defaultValue = "evaluation/cost", description = "where the runs are kept (default: ${DEFAULT-VALUE})")
    private Path out;

    @CommandLine.Option(names = "--schedule", paramLabel = "STEPS/WARMUP/ATTACK", defaultValue = "100/20/10", converter = Schedule.Parser.class,
            description = "outer steps, warm-up steps and attack steps of the timed runs (default: ${DEFAULT-VALUE})")
    private Schedule schedule;

    @CommandLine.Option(names = "--concept", defaultValue = "church", description = "object to erase (default: ${DEFAULT-VALUE})")
    private String concept;

    @Override
    public Integer call() {
        System.out.println("| profile | UNet forward, published schedule | UNet backward | units | ratio to paper | UNet forward, " + schedule.iterations()
                + " iterations | seconds | ratio to paper |");
        System.out.println("|---|---:|---:|---:|---:|---:|---:|---:|");
        try (TextToImagePipeline pipeline = TextToImagePipeline.load("emoji-sd", model, null)) {
            long paperUnits = 0;
            double paperSeconds = 0;
            for (String profile : List.of("paper", "fast", "kv")) {
                ErasureCost cost = ErasureCost.of(ErasureSettings.resolve(request(profile, equal(profile))));
                Erasures.Outcome timed = Erasures.outcome(pipeline.components(), schedule.of(request(profile, Map.of())), out.resolve(profile));
                paperUnits = "paper".equals(profile) ? cost.units() : paperUnits;
                paperSeconds = "paper".equals(profile) ? timed.seconds() : paperSeconds;
                System.out.printf("| %s | %,d | %,d | %,d | %.1f | %,d | %.1f | %.1f |%n", profile, cost.forward(), cost.backward(), cost.units(),
                        (double) paperUnits / cost.units(), timed.unetForward(), timed.seconds(), paperSeconds / timed.seconds());
            }
        }
        return 0;
    }

    private ErasureRequest request(String profile, Map<String, Object> settings) {
        return new ErasureRequest(concept, "object", "advunlearn", profile, 1, settings);
    }

    /** The published numbers of updates, attack steps and rows a step; everything else as the profile has it. */
    private static Map<String, Object> equal(String profile) {
        Map<String, Object> settings = new LinkedHashMap<>(Map.of("iterations", 1000, "warmupIterations", 200, "attackSteps", 30,
                "attackInterval", 1, "eraseBatch", 1, "retainBatch", 5));
        if (!"paper".equals(profile)) {
            // A bank of at least 500 latents from at least 20 start noises; one erase row, as published.
            settings.putAll(Map.of("bankStarts", 20, "bankSteps", 25, "cleanWeight", 0));
        }
        return settings;
    }
}
