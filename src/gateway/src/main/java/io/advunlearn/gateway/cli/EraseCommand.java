package io.advunlearn.gateway.cli;

import io.advunlearn.erasure.ErasureConcept;
import io.advunlearn.erasure.ErasureMethods;
import io.advunlearn.erasure.ErasureRequest;
import io.advunlearn.erasure.ErasureResult;
import io.advunlearn.erasure.ErasureStart;
import io.advunlearn.erasure.Keywords;
import io.advunlearn.erasure.MethodSettings;
import io.advunlearn.erasure.RetainFile;
import io.advunlearn.erasure.RetainPrompt;
import io.advunlearn.pipeline.TextToImagePipeline;
import io.advunlearn.report.ErasureEvents;
import io.advunlearn.report.ErasureReport;
import io.advunlearn.report.ReportPage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Trains a candidate encoder without a server. */
@Command(name = "erase", mixinStandardHelpOptions = true,
        description = "Train a text encoder that no longer leads the model to a concept, without a server.",
        footer = {"", "Writes report.json and report.html, and the encoder. Interrupted (Ctrl-C), it leaves a checkpoint; the same command again goes on from it."})
final class EraseCommand implements Callable<Integer> {

    @Mixin
    private ModelOptions model;

    @Parameters(paramLabel = "CONCEPT", arity = "0..*", split = ",", description = "The word or words to erase, for example church; several concepts "
            + "are separated by commas, and one of another kind than --kind is written dog:object.")
    private List<String> concepts = new ArrayList<>();

    @Option(names = "--concept", paramLabel = "CONCEPT", split = ",", description = "The same as an option; may be repeated.")
    private List<String> more = List.of();

    @Option(names = "--kind", paramLabel = "KIND", defaultValue = "object", description = "object, style or topic (default: ${DEFAULT-VALUE}).")
    private String kind;

    @Option(names = "--prompts", paramLabel = "FILE", description = "Prompts that lead to the concept, beside the model's templates: CSV with a column "
            + "prompt, or one a line.")
    private Path prompts;

    @Option(names = "--retain", paramLabel = "FILE", description = "Prompts that must stay as they are, instead of the model's catalogue: CSV with a "
            + "column prompt, or one a line.")
    private Path retain;

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

    @Spec
    private CommandSpec command;

    @Option(names = "--keywords", paramLabel = "FILE", description = "For sgrace: one related keyword a line, or JSON with lists named related and "
            + "unrelated (default: the model's own words).")
    private Path keywords;

    @Option(names = "--register", paramLabel = "ID", description = "Register the encoder in a registry, under this id, to be promoted there.")
    private String register;

    @Option(names = "--registry", paramLabel = "DIRECTORY", defaultValue = "registry",
            description = "The registry's directory, for --register (default: ${DEFAULT-VALUE}).")
    private Path registry;

    @Option(names = {"-o", "--out"}, paramLabel = "DIRECTORY", description = "Where checkpoints and the encoder go (default: erasure-<concept>).")
    private Path out;

    @Override
    public Integer call() throws IOException {
        ErasureRequest request = new ErasureRequest(concepts(), method, profile, seed, overrides(),
                from == null ? ErasureStart.BASE : ErasureStart.folder(from), retain == null ? List.of() : RetainFile.read(retain));
        String name = request.concepts().stream().map(ErasureConcept::concept).collect(Collectors.joining("-"));
        Path work = out == null ? Path.of("erasure-" + name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-")) : out;
        Files.createDirectories(work);
        Optional<CandidateRegistration> registration = registration(request, work);
        try (TextToImagePipeline pipeline = model.load(); Progress progress = new Progress(); Interruptible interruptible = new Interruptible()) {
            ErasureResult result = ErasureMethods.byName(request.method()).run(pipeline.components(), request, work,
                    event -> {
                        ErasureEvents.append(work, event);
                        progress.update(event.phase(), event.iteration(), event.iterations(), losses(event.values()));
                    }, interruptible.token());
            progress.line("%,d parameters trained in %d iterations, %d UNet forwards, %d backwards, %.0f s", result.trainedParameters(),
                    result.iterations(), result.unetForward(), result.unetBackward(), result.seconds());
            System.out.println(ReportPage.writeErasure(work, ErasureReport.write(work, pipeline.components(), request, result)));
            System.out.println(result.encoderDirectory());
            registration.ifPresent(to -> System.out.println("registered " + to.register(request, result, pipeline.components()).id()));
            return 0;
        } catch (CancellationException e) {
            System.err.println("interrupted; the checkpoint is in " + work);
            return 1;
        }
    }

    private Optional<CandidateRegistration> registration(ErasureRequest request, Path work) {
        if (register == null) {
            return Optional.empty();
        }
        if (MethodSettings.UNET.equals(request.settings().get("module"))) {
            throw new ParameterException(command.commandLine(), "--register: a registry holds text encoders, and module=unet makes none");
        }
        CandidateRegistration registration = new CandidateRegistration(LocalRegistry.open(registry), register);
        registration.requireFree(work);
        return Optional.of(registration);
    }

    private List<ErasureConcept> concepts() {
        List<String> all = new ArrayList<>(concepts);
        all.addAll(more);
        if (all.isEmpty()) {
            throw new ParameterException(command.commandLine(), "CONCEPT is missing: name at least one concept to erase");
        }
        if (prompts != null && all.size() > 1) {
            throw new ParameterException(command.commandLine(), "--prompts goes with a single concept");
        }
        List<String> given = prompts == null ? List.of() : RetainFile.read(prompts).stream().map(RetainPrompt::prompt).toList();
        return all.stream().map(text -> concept(text, given)).toList();
    }

    private ErasureConcept concept(String text, List<String> given) {
        int colon = text.lastIndexOf(':');
        return colon < 0 ? new ErasureConcept(text, kind, given) : new ErasureConcept(text.substring(0, colon), text.substring(colon + 1), given);
    }

    /** The file is read here: no request of the admin API can name one. */
    private Map<String, Object> overrides() throws IOException {
        Map<String, Object> overrides = Overrides.parse(settings);
        if (keywords != null) {
            Keywords lists = Keywords.read(keywords);
            overrides.put("related", lists.related());
            overrides.put("unrelated", lists.unrelated());
        }
        return overrides;
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
