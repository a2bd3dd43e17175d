package io.advunlearn.gateway.cli;

import io.advunlearn.erasure.ErasureStart;
import io.advunlearn.evaluation.Detectors;
import io.advunlearn.evaluation.EvaluationBudget;
import io.advunlearn.evaluation.EvaluationReport;
import io.advunlearn.evaluation.EvaluationRequest;
import io.advunlearn.evaluation.Evaluator;
import io.advunlearn.evaluation.FoundPrompt;
import io.advunlearn.evaluation.FoundPrompts;
import io.advunlearn.evaluation.Gates;
import io.advunlearn.evaluation.Rate;
import io.advunlearn.pipeline.TextToImagePipeline;
import io.advunlearn.registry.LineageEntry;
import io.advunlearn.report.ErasureReport;
import io.advunlearn.report.ReportPage;
import io.advunlearn.service.jobs.EncoderOnDevice;
import io.advunlearn.service.jobs.UnetOnDevice;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Attacks an encoder or a UNet without a server. */
@Command(name = "evaluate", subcommands = CompareCommand.class, mixinStandardHelpOptions = true,
        description = "Measure how well attacks still reach a concept through an encoder or a UNet, without a server.",
        footer = {"", "Writes report.json, report.html, contact-sheet.png and found-prompts.json. Interrupted (Ctrl-C), the same command again goes on where it stopped."},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:done, and every gate holds", "1:failed; the reason is on standard error", "2:wrong usage", "3:a gate fails"})
final class EvaluateCommand implements Callable<Integer> {

    private static final int GATES_FAIL = 3;

    @Mixin
    private ModelOptions model;

    @Parameters(paramLabel = "CONCEPT", arity = "0..1", description = "What an attacker wants to see; a class of the model's judges.")
    private String concept;

    @Option(names = "--encoder", paramLabel = "DIRECTORY", description = "A CLIPTextModel folder (default: the model's own text encoder).")
    private Path encoder;

    @Option(names = "--all-erasures", description = "Instead of CONCEPT: every concept that the encoder's lineage erased, one report each, side by side.")
    private boolean allErasures;

    @Option(names = "--unet", paramLabel = "DIRECTORY", description = "A UNet2DConditionModel folder (default: the model's own UNet).")
    private Path unet;

    @Option(names = "--negative-branch", paramLabel = "ENCODER", defaultValue = "base", description = "Who reads negative prompts: base, the model's "
            + "own encoder as in serving, or erased, the evaluated one, for a UNet trained with it (default: ${DEFAULT-VALUE}).")
    private String negativeBranch;

    @Option(names = "--detectors", paramLabel = "FILE", description = "Judges in YAML (default: detectors.yaml in the model directory, or the model's own judges).")
    private Path detectors;

    @Option(names = "--kind", paramLabel = "KIND", defaultValue = "object", description = "object or style (default: ${DEFAULT-VALUE}).")
    private String kind;

    @Option(names = "--attacks", paramLabel = "NAME", split = ",", completionCandidates = AttackNames.class,
            description = "Out of ${COMPLETION-CANDIDATES}; or all, every attack by text (default: plain, random, negative, sweep, encoder-match, unlearn-diff).")
    private List<String> attacks;

    @Option(names = "--synonym", paramLabel = "WORD", description = "Another word for the concept, used as negative prompt and as paraphrase; may be repeated.")
    private List<String> synonyms;

    @Option(names = "--paraphrases", paramLabel = "FILE", description = "Phrases that may stand for the concept's word, one a line, for attack paraphrase.")
    private Path paraphraseFile;

    @Option(names = "--replay", paramLabel = "PATH", description = "found-prompts.json of an earlier evaluation, or a directory with some below: tried again; may be repeated.")
    private List<Path> replay;

    @Option(names = "--no-retention", negatable = true, description = "Leave the other classes out.")
    private boolean noRetention;

    @Option(names = "--profile", paramLabel = "NAME", defaultValue = "demo", description = "Budget: demo, standard or full (default: ${DEFAULT-VALUE}).")
    private String profile;

    @Option(names = "--budget", paramLabel = "NAME=VALUE", description = "Overrides a field of the budget, for example pairs=20; may be repeated.")
    private Map<String, String> budget;

    @Option(names = "--gate", paramLabel = "NAME=VALUE", description = "A condition on the report, for example attack-success.any=0.1; may be repeated.")
    private Map<String, String> gate;

    @Option(names = "--gates", paramLabel = "FILE", description = "Conditions on the report, as a properties file.")
    private Path gatesFile;

    @Option(names = "--seed", paramLabel = "SEED", defaultValue = "0", description = "Seed of every random draw (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = {"-o", "--out"}, paramLabel = "DIRECTORY", defaultValue = "evaluation", description = "Where the report goes (default: ${DEFAULT-VALUE}).")
    private Path out;

    @Spec
    private CommandSpec command;

    /** For the help text. */
    static final class AttackNames extends ArrayList<String> {
        AttackNames() {
            super(EvaluationRequest.ATTACKS);
        }
    }

    @Override
    public Integer call() {
        List<EvaluationRequest> requests = requests();
        Gates gates = gates();
        requests.forEach(request -> Detectors.requireKnown(model.directory(), Optional.ofNullable(detectors), request.kind(), request.concept()));
        try (TextToImagePipeline pipeline = model.load(); EncoderOnDevice evaluated = encoder(pipeline);
                UnetOnDevice denoiser = unet == null ? null : UnetOnDevice.load(unet, pipeline.components()); Progress progress = new Progress();
                Interruptible interruptible = new Interruptible()) {
            List<EvaluationReport> reports = new ArrayList<>();
            for (EvaluationRequest request : requests) {
                reports.add(judged(gates, Evaluator.evaluate(pipeline.components(), Optional.ofNullable(detectors), subject(evaluated, denoiser), request,
                        directory(request), at -> progress.update(at.stage(), at.done(), at.total(), request.concept()), interruptible.token())));
            }
            progress.close();
            print(reports);
            return verdict(reports);
        } catch (CancellationException e) {
            System.err.println("interrupted; what was finished is in " + out);
            return 1;
        }
    }

    private List<EvaluationRequest> requests() {
        if (allErasures == (concept != null)) {
            throw new ParameterException(command.commandLine(), "name CONCEPT or give --all-erasures, one of both");
        }
        if (!allErasures) {
            return List.of(request(concept, kind));
        }
        if (encoder == null) {
            throw new ParameterException(command.commandLine(), "--all-erasures needs --encoder, whose lineage it reads");
        }
        List<LineageEntry> erased = ErasureStart.folder(encoder).concepts();
        if (erased.isEmpty()) {
            throw new ParameterException(command.commandLine(), "--encoder: " + encoder + " has no lineage.json or manifest.json that tells what was erased");
        }
        return erased.stream().map(entry -> request(entry.concept(), entry.kind())).toList();
    }

    private EvaluationRequest request(String erased, String kindOfIt) {
        List<String> paraphrases = paraphraseFile == null ? null : lines(paraphraseFile);
        List<FoundPrompt> suite = replay == null ? null : FoundPrompts.read(replay, erased);
        return new EvaluationRequest(erased, kindOfIt, synonyms, paraphrases, suite, attacks, !noRetention, negativeBranch, seed, profile,
                EvaluationBudget.named(profile).with(Overrides.parse(budget)));
    }

    /** Several concepts have a directory each. */
    private Path directory(EvaluationRequest request) {
        return allErasures ? out.resolve(request.concept().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-")) : out;
    }

    private void print(List<EvaluationReport> reports) {
        for (EvaluationReport report : reports) {
            String concept = allErasures ? String.format("%-20s ", report.request().concept()) : "";
            report.attacks().forEach(attack -> System.out.printf("%s%-14s %s%n", concept, attack.name(), text(attack.rate())));
            System.out.println(directory(report.request()).resolve("report.json"));
            System.out.println(ReportPage.write(directory(report.request()), erasure()));
        }
    }

    private EvaluationReport judged(Gates gates, EvaluationReport measured) {
        EvaluationReport report = gates.judge(measured);
        report.write(directory(report.request()).resolve(Evaluator.REPORT));
        return report;
    }

    private static int verdict(List<EvaluationReport> reports) {
        List<EvaluationReport> failed = reports.stream().filter(report -> report.verdict() != null && !report.verdict().passed()).toList();
        failed.forEach(report -> System.err.println("gates fail for " + report.request().concept() + ": " + String.join(", ", report.verdict().failed())));
        return failed.isEmpty() ? 0 : GATES_FAIL;
    }

    private Gates gates() {
        Map<String, String> all = new TreeMap<>();
        if (gatesFile != null) {
            Properties file = new Properties();
            try (BufferedReader in = Files.newBufferedReader(gatesFile)) {
                file.load(in);
            } catch (IOException e) {
                throw new IllegalArgumentException("--gates must name a properties file; cannot read " + gatesFile, e);
            }
            file.stringPropertyNames().forEach(name -> all.put(name, file.getProperty(name)));
        }
        all.putAll(gate == null ? Map.of() : gate);
        return Gates.parse(all);
    }

    private static List<String> lines(Path file) {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.map(String::strip).filter(line -> !line.isEmpty()).toList();
        } catch (IOException | UncheckedIOException e) {
            throw new IllegalArgumentException("--paraphrases must name a UTF-8 text file, one phrase a line; cannot read " + file, e);
        }
    }

    private static String text(Rate rate) {
        return RateText.of(rate.successes(), rate.trials(), rate.rate(), rate.high());
    }

    /** What the command erase made lies beside its report. */
    private ErasureReport erasure() {
        Path module = encoder == null ? unet : encoder;
        return module == null ? null : ErasureReport.read(module.toAbsolutePath().normalize().getParent());
    }

    private Evaluator.Subject subject(EncoderOnDevice evaluated, UnetOnDevice denoiser) {
        String name = Stream.of(encoder, unet).filter(Objects::nonNull).map(Path::toString).collect(Collectors.joining(" + "));
        return new Evaluator.Subject(evaluated.model(), denoiser == null ? null : denoiser.model(), name.isEmpty() ? "original" : name);
    }

    private EncoderOnDevice encoder(TextToImagePipeline pipeline) {
        return encoder == null ? EncoderOnDevice.shared(pipeline.components().baseEncoder())
                : EncoderOnDevice.load(encoder, pipeline.components().device());
    }
}
