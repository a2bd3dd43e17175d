package io.advunlearn.gateway.cli;

import io.advunlearn.erasure.ErasureMethods;
import io.advunlearn.erasure.ErasureRequest;
import io.advunlearn.erasure.ErasureResult;
import io.advunlearn.erasure.ErasureStart;
import io.advunlearn.pipeline.TextToImagePipeline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Trains a candidate encoder without a server. */
@Command(name = "erase", mixinStandardHelpOptions = true,
        description = "Train a text encoder that no longer leads the model to a concept, without a server.",
        footer = {"", "Interrupted (Ctrl-C), it leaves a checkpoint; the same command again goes on from it."})
final class EraseCommand implements Callable<Integer> {

    @Mixin
    private ModelOptions model;

    @Parameters(paramLabel = "CONCEPT", description = "The word or words to erase, for example church.")
    private String concept;

    @Option(names = "--kind", paramLabel = "KIND", defaultValue = "object", description = "object or style (default: ${DEFAULT-VALUE}).")
    private String kind;

    @Option(names = "--method", paramLabel = "NAME", completionCandidates = MethodNames.class, defaultValue = "advunlearn",
            description = "One of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private String method;

    @Option(names = "--profile", paramLabel = "NAME", completionCandidates = ProfileNames.class,
            description = "The method's defaults, the first if not given: ${COMPLETION-CANDIDATES}.")
    private String profile;

    @Option(names = "--seed", paramLabel = "SEED", defaultValue = "0", description = "Seed of every random draw (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--from", paramLabel = "DIRECTORY", description = "An encoder to start from, whose erasures are kept: the folder an earlier erasure "
            + "wrote (default: the model's own text encoder).")
    private Path from;

    @Option(names = "--set", paramLabel = "NAME=VALUE", description = "Overrides a setting of the profile, for example iterations=100; may be repeated.")
    private Map<String, String> settings;

    @Option(names = {"-o", "--out"}, paramLabel = "DIRECTORY", description = "Where checkpoints and the encoder go (default: erasure-<concept>).")
    private Path out;

    @Override
    public Integer call() throws IOException {
        ErasureRequest request = new ErasureRequest(concept, kind, method, profile, seed, Overrides.parse(settings),
                from == null ? ErasureStart.BASE : ErasureStart.folder(from));
        Path work = out == null ? Path.of("erasure-" + concept.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-")) : out;
        Files.createDirectories(work);
        try (TextToImagePipeline pipeline = model.load(); Progress progress = new Progress(); Interruptible interruptible = new Interruptible()) {
            ErasureResult result = ErasureMethods.byName(request.method()).run(pipeline.components(), request, work,
                    event -> progress.update(event.phase(), event.iteration(), event.iterations(), losses(event.values())), interruptible.token());
            progress.line("%,d parameters trained in %d iterations, %d UNet forwards, %d backwards, %.0f s", result.trainedParameters(),
                    result.iterations(), result.unetForward(), result.unetBackward(), result.seconds());
            System.out.println(result.encoderDirectory());
            return 0;
        } catch (CancellationException e) {
            System.err.println("interrupted; the checkpoint is in " + work);
            return 1;
        }
    }

    /** For the help text. */
    static final class MethodNames implements Iterable<String> {

        @Override
        public Iterator<String> iterator() {
            return ErasureMethods.names().iterator();
        }
    }

    /** For the help text: the profiles of each method. */
    static final class ProfileNames implements Iterable<String> {

        @Override
        public Iterator<String> iterator() {
            return ErasureMethods.names().stream().map(name -> name + ": " + String.join(" ", ErasureMethods.byName(name).profiles())).iterator();
        }
    }

    private static String losses(Map<String, Double> values) {
        StringBuilder text = new StringBuilder();
        values.forEach((name, value) -> {
            if (name.startsWith("loss_")) {
                text.append(String.format(Locale.ROOT, "%s %.4f ", name.substring("loss_".length()), value));
            }
        });
        return text.toString().strip();
    }
}
