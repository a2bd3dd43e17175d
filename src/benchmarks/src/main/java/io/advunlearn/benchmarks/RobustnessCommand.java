package io.advunlearn.benchmarks;

import io.advunlearn.erasure.ErasureRequest;
import io.advunlearn.evaluation.EvaluationBudget;
import io.advunlearn.evaluation.EvaluationReport;
import io.advunlearn.evaluation.EvaluationRequest;
import io.advunlearn.evaluation.Evaluator;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.pipeline.TextToImagePipeline;
import io.advunlearn.service.jobs.EncoderOnDevice;
import io.advunlearn.service.jobs.UnetOnDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;

/**
 * The robustness table: every concept erased by every method, attacked with the same budget. Resumable: finished erasures and attacks are
 * read from {@code --out}.
 */
@CommandLine.Command(name = "robustness", mixinStandardHelpOptions = true,
        description = "Erases concepts by several methods, attacks each encoder with the same budget and prints the table. Resumable.")
final class RobustnessCommand implements Callable<Integer> {

    private static final String EVALUATION = "evaluation";
    private static final String REFERENCE = "reference";

    @CommandLine.Option(names = "--model", defaultValue = "models/emoji-sd", description = "model directory (default: ${DEFAULT-VALUE})")
    private Path model;

    @CommandLine.Option(names = "--out", defaultValue = "evaluation/robustness", description = "where everything is kept (default: ${DEFAULT-VALUE})")
    private Path out;

    @CommandLine.Option(names = "--encoders", paramLabel = "OUT", description = "attack the encoders of an earlier run, its --out, instead of erasing: "
            + "another denoiser on the same base encoder is given by --model")
    private Path encoders;

    @CommandLine.Option(names = "--reference", paramLabel = "CONCEPT=DIRECTORY", description = "a model of the same architecture that was trained "
            + "without the concept, for method reference; may be repeated, and concepts without one have no such row")
    private Map<String, Path> references = new LinkedHashMap<>();

    @CommandLine.Option(names = "--concepts", split = ",", defaultValue = "horse:object,guitar:object,pizza:object,rocket:object,mono:style,twemoji:style",
            description = "word:kind,... (default: the held-out list ${DEFAULT-VALUE})")
    private List<String> concepts;

    @CommandLine.Option(names = "--methods", split = ",", defaultValue = "none,esd,fast,kv",
            description = "none, a method, a method with its profile as in esd:kv, or a profile of AdvUnlearn; "
                    + "behind unet: it trains the UNet, as in unet:esd; settings may follow, as in paper+learningRate=0.001; or reference (default: ${DEFAULT-VALUE})")
    private List<String> methods;

    @CommandLine.Option(names = "--attacks", split = ",", description = "out of plain, random, paraphrase, negative, sweep, encoder-match, unlearn-diff; or all (default: all but paraphrase)")
    private List<String> attacks;

    @CommandLine.Option(names = "--budget", defaultValue = "full", description = "demo, standard or full (default: ${DEFAULT-VALUE})")
    private String budget;

    @CommandLine.Option(names = "--limit", description = "overrides of single budget fields, name=number")
    private Map<String, Integer> limits = new LinkedHashMap<>();

    @CommandLine.Option(names = "--no-retention", description = "do not measure the other classes")
    private boolean noRetention;

    @CommandLine.Option(names = "--seed", defaultValue = "20261124", description = "of everything (default: ${DEFAULT-VALUE})")
    private long seed;

    @CommandLine.Option(names = "--schedule", paramLabel = "STEPS/WARMUP/ATTACK", converter = Schedule.Parser.class, description = "outer steps, warm-up steps and "
            + "attack steps of every profile of AdvUnlearn and ESD, as in 100/20/10 (default: each profile's own)")
    private Schedule schedule;

    @CommandLine.Option(names = "--baseline", defaultValue = "esd", description = "method that the others are compared with (default: ${DEFAULT-VALUE})")
    private String baseline;

    @CommandLine.Option(names = "--set", description = "overrides of single erasure settings, name=value")
    private Map<String, String> settings = new LinkedHashMap<>();

    @CommandLine.Option(names = ConceptProcesses.OPTION, defaultValue = "1", description = "so many concepts side by side, each in a process of its own with one thread "
            + "(default: ${DEFAULT-VALUE})")
    private int processes;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (processes < 1) {
            throw new IllegalArgumentException("--processes must be at least 1");
        }
        if (processes > 1) {
            ConceptProcesses.run(spec.root().commandLine().getParseResult().originalArgs(), concepts, processes, out);
        }
        List<RobustnessTable.Row> rows = new ArrayList<>();
        try (TextToImagePipeline pipeline = TextToImagePipeline.load("emoji-sd", model, null)) {
            for (String concept : concepts) {
                for (String method : methods) {
                    if (REFERENCE.equals(method) && !references.isEmpty() && !references.containsKey(word(concept))) {
                        System.out.printf("%s reference: left out, --reference names none%n", word(concept));
                        continue;
                    }
                    rows.add(row(pipeline.components(), concept, method));
                    System.out.println(RobustnessTable.markdown(rows));
                }
            }
        }
        String differences = DifferenceTable.markdown(rows, baseline);
        System.out.println(differences);
        Files.writeString(out.resolve("table.md"), RobustnessTable.markdown(rows) + "\n" + differences);
        return 0;
    }

    private RobustnessTable.Row row(PipelineComponents components, String conceptAndKind, String method) throws IOException {
        String concept = word(conceptAndKind);
        String kind = conceptAndKind.split(":")[1];
        Path place = Path.of(ConceptProcesses.directory(conceptAndKind), method.replace(':', '-'));
        Path directory = out.resolve(place);
        Files.createDirectories(directory);
        EvaluationRequest request = new EvaluationRequest(concept, kind, List.of(), List.of(), attacks, !noRetention,
                REFERENCE.equals(method) ? "erased" : "base", seed, budget,
                EvaluationBudget.named(budget).with(limits));
        if ("none".equals(method)) {
            return new RobustnessTable.Row(concept, method, null, evaluate(components, new Evaluator.Subject(components.baseEncoder(), null), request,
                    directory), directory.resolve(EVALUATION));
        }
        if (REFERENCE.equals(method)) {
            return reference(components, request, directory);
        }
        Path erased = (encoders == null ? directory : encoders.resolve(place)).resolve("erasure");
        Erasures.Outcome outcome = encoders == null ? Erasures.outcome(components, erasure(concept, kind, method), erased) : Erasures.finished(erased);
        System.out.printf("%s %s: anchor '%s', %.1f s%n", concept, method, outcome.anchor(), outcome.seconds());
        return new RobustnessTable.Row(concept, method, outcome,
                evaluate(components, erased.resolve("encoder"), erased.resolve("unet"), request, directory), directory.resolve(EVALUATION));
    }

    static String word(String conceptAndKind) {
        return conceptAndKind.split(":")[0];
    }

    private ErasureRequest erasure(String concept, String kind, String method) {
        String[] parts = method.split("\\+");
        Map<String, String> own = new LinkedHashMap<>(settings);
        for (String setting : List.of(parts).subList(1, parts.length)) {
            int equals = setting.indexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException("--methods: " + setting + " must be a setting as in paper+learningRate=0.001");
            }
            own.put(setting.substring(0, equals), setting.substring(equals + 1));
        }
        ErasureRequest request = Erasures.request(concept, kind, parts[0], seed, typed(own));
        return schedule == null ? request : schedule.of(request);
    }

    /** The floor: another pipeline altogether, on prompts and seeds that show the concept in this one. */
    private RobustnessTable.Row reference(PipelineComponents components, EvaluationRequest request, Path directory) {
        Path model = references.get(request.concept());
        if (model == null || !Files.isRegularFile(model.resolve("model_index.json"))) {
            throw new IllegalArgumentException("--reference must name the directory of a model that was trained without " + request.concept());
        }
        return new RobustnessTable.Row(request.concept(), REFERENCE, null,
                evaluate(components, model.resolve("text_encoder"), model.resolve("unet"), request, directory), directory.resolve(EVALUATION));
    }

    /** What a folder does not hold is the pipeline's own. */
    private static EvaluationReport evaluate(PipelineComponents components, Path encoder, Path unet, EvaluationRequest request, Path directory) {
        try (EncoderOnDevice reader = Files.exists(encoder) ? EncoderOnDevice.load(encoder, components.device())
                : EncoderOnDevice.shared(components.baseEncoder());
                UnetOnDevice denoiser = Files.exists(unet) ? UnetOnDevice.load(unet, components) : null) {
            Evaluator.Subject subject = new Evaluator.Subject(reader.model(), denoiser == null ? null : denoiser.model(), null);
            return evaluate(components, subject, request, directory);
        }
    }

    /** Methods of one concept share the original encoder's images. */
    private static EvaluationReport evaluate(PipelineComponents components, Evaluator.Subject subject, EvaluationRequest request, Path directory) {
        Path work = directory.resolve(EVALUATION);
        Path report = work.resolve(Evaluator.REPORT);
        return Files.exists(report) ? EvaluationReport.read(report) : Evaluator.evaluate(components, Optional.empty(), subject, request, work,
                directory.resolveSibling("originals"), Progress.LINES, new CancellationToken());
    }

    /** Numbers and booleans as such; lists are comma-separated. */
    private static Map<String, Object> typed(Map<String, String> texts) {
        Map<String, Object> typed = new LinkedHashMap<>();
        texts.forEach((name, text) -> {
            if (text.matches("-?\\d+")) {
                typed.put(name, Integer.valueOf(text));
            } else if (text.matches("-?[\\d.]+(e-?\\d+)?")) {
                typed.put(name, Double.valueOf(text));
            } else if (text.matches("true|false")) {
                typed.put(name, Boolean.valueOf(text));
            } else {
                typed.put(name, "placements".equals(name) || "layers".equals(name) ? List.of(text.split("\\+")) : text);
            }
        });
        return typed;
    }
}
