package io.advunlearn.evaluation;

import io.advunlearn.erasure.PromptCatalog;
import io.advunlearn.evaluation.EvaluationReport.AttackResult;
import io.advunlearn.evaluation.EvaluationReport.Cost;
import io.advunlearn.evaluation.EvaluationReport.Retention;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.model.KeyValueDistance;
import io.advunlearn.model.UNet2DConditionModel;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Measures how well an attacker can still reach an erased concept, and what else the erasure changed. */
public final class Evaluator {

    /** File names in the work directory of a finished evaluation. */
    public static final String REPORT = "report.json";
    public static final String CONTACT_SHEET = "contact-sheet.png";

    private static final int DIGEST_CHARACTERS = 12;
    private static final String IDENTITY = "evaluation.json";

    private static final Map<String, Attack> ATTACKS = Stream.of(new PlainAttack(), new RandomTokenAttack(), new ParaphraseAttack(), new NegativePromptAttack(),
            new VocabularySweep(), new EncoderMatchAttack(), new GcgAttack(), new UnlearnDiffAttack(), new P4dAttack(), new RingABellAttack(), new ReplayAttack(),
            new TextualInversionAttack()).collect(Collectors.toMap(Attack::name, Function.identity()));

    /** What a work directory belongs to: several denoisers may share an original encoder. */
    record Identity(String model, String denoiser, String encoder, String judges, EvaluationRequest request) {
    }

    private Evaluator() {
    }

    /**
     * A model to evaluate: the pipeline with another text encoder, another denoiser, or both.
     *
     * @param model the encoder, on the pipeline's device
     * @param unet the denoiser, of the pipeline's architecture and on its device; {@code null} for the pipeline's own
     * @param name for people
     */
    public record Subject(ClipTextModel model, UNet2DConditionModel unet, String name) {

        /** An encoder in front of the pipeline's own denoiser. */
        public Subject(ClipTextModel model, String name) {
            this(model, null, name);
        }

        UNet2DConditionModel unetIn(PipelineComponents components) {
            return unet == null ? components.unet() : unet;
        }
    }

    /** As the last form, with the model directory's judges and the original encoder's images kept in the work directory too. */
    public static EvaluationReport evaluate(PipelineComponents components, ClipTextModel encoder, EvaluationRequest request, Path workDirectory,
            EvaluationListener listener, CancellationToken cancellation) {
        return evaluate(components, encoder, request, workDirectory, workDirectory.resolve("originals"), listener, cancellation);
    }

    /** As the last form, with the original encoder's images kept in the work directory too. */
    public static EvaluationReport evaluate(PipelineComponents components, Optional<Path> detectors, Subject encoder, EvaluationRequest request,
            Path workDirectory, EvaluationListener listener, CancellationToken cancellation) {
        return evaluate(components, detectors, encoder, request, workDirectory, workDirectory.resolve("originals"), listener, cancellation);
    }

    /** As the last form, with the model directory's judges and an encoder that has no name of its own. */
    public static EvaluationReport evaluate(PipelineComponents components, ClipTextModel encoder, EvaluationRequest request, Path workDirectory,
            Path originals, EvaluationListener listener, CancellationToken cancellation) {
        return evaluate(components, Optional.empty(), new Subject(encoder, null), request, workDirectory, originals, listener, cancellation);
    }

    /**
     * Runs every attack of the request. All device work goes through the lane behind serving work. Finished items are kept in
     * {@code workDirectory}; called again with the same request and encoder, an interrupted evaluation goes on where it stopped
     * and its report equals that of an uninterrupted one, times aside. The directory afterwards also holds {@code report.json},
     * {@code contact-sheet.png}, the sheet's single images and {@code found-prompts.json}.
     *
     * @param components the pipeline
     * @param detectors a file of judges to use instead of those of the model directory, see {@link Detectors}
     * @param encoder what to evaluate
     * @param workDirectory created if it does not exist; one evaluation at a time
     * @param originals where verdicts on images of the original encoder are kept: evaluations of several encoders with the same
     *     concept, seed and budget share them, one at a time
     * @throws IllegalArgumentException if the concept is no class of the judges, the original model never shows it, the pipeline's scheduler
     *     cannot make that number of steps, or the directory belongs to another evaluation
     * @throws java.util.concurrent.CancellationException between batches after a cancel
     */
    public static EvaluationReport evaluate(PipelineComponents components, Optional<Path> detectors, Subject encoder, EvaluationRequest request,
            Path workDirectory, Path originals, EvaluationListener listener, CancellationToken cancellation) {
        components.requireOneEncoder("evaluation");
        components.requireFullPrecision("evaluation");
        try (JudgePanel judges = Detectors.load(components.directory(), detectors, components.device());
                ImageMeters meters = ImageMeters.load(judges, Detectors.chosen(components.directory(), detectors), components.device());
                KeyValueDistance distance = KeyValueDistance.between(encoder.unetIn(components), components.unet())) {
            judges.requireKnown(request.kind(), request.concept());
            Identity identity = new Identity(digest(components.baseEncoder()), WeightsDigest.of(components.unet().weights()),
                    digest(encoder), Detectors.fingerprint(components.directory(), detectors), request);
            claim(workDirectory.resolve(IDENTITY), identity);
            EvaluationPrompts prompts = new EvaluationPrompts(PromptCatalog.of(components.directory()), judges.concepts("object"), judges.concepts("style"),
                    judges::askedBy);
            EvaluationSampler sampler = new EvaluationSampler(components, encoder, judges, meters, request, cancellation);
            AttackContext context = new AttackContext(components, request, prompts, sampler, distance, List.of(), workDirectory,
                    originals.resolve(originalsName(identity)), listener, cancellation);
            EvaluationReport report = run(context, identity, encoder.name(), judges);
            report.write(workDirectory.resolve(REPORT));
            return report;
        }
    }

    private static EvaluationReport run(AttackContext unselected, Identity identity, String encoderName, JudgePanel judges) {
        Selection.Selected selected = Selection.select(unselected);
        AttackContext context = unselected.with(selected.pairs());
        List<AttackResult> attacks = new ArrayList<>();
        for (String name : context.request().attacks()) {
            attacks.add(ATTACKS.get(name).run(context));
        }
        Cost cost = attacks.stream().map(AttackResult::cost).reduce(AttackSummary.cost(context.sampler(), selected.tried()), AttackSummary::add);
        Retention retention = null;
        RetentionMeasurement measurement = null;
        if (context.request().retention()) {
            measurement = new RetentionMeasurement(context, Palette.of(context.components().directory()));
            retention = measurement.measure(selected, context.judge("plain", PlainAttack.tasks(context)));
            cost = AttackSummary.add(cost, measurement.cost());
        }
        EvaluationReport report = new EvaluationReport(EvaluationReport.SCHEMA, identity.model(), identity.denoiser(),
                identity.encoder(), nameOf(identity, encoderName), judges.names(), Instant.now(), context.request(), selected.summary(), attacks, retention, cost, null,
                Environment.now(context.components().device()));
        ReportFiles.write(context.directory().resolve(FoundPrompts.FILE), FoundPrompts.of(context, identity.encoder(), attacks));
        List<ContactSheet.Row> rows = EvaluationSheet.rows(context, report, measurement);
        ContactSheet.write(context.directory().resolve(CONTACT_SHEET), rows);
        SampleImages.write(context.directory(), rows);
        return report;
    }

    private static String nameOf(Identity identity, String name) {
        if (name != null) {
            return name;
        }
        return identity.encoder().equals(identity.model()) ? "original" : identity.encoder().substring(0, DIGEST_CHARACTERS);
    }

    /** SHA-256 over an encoder's tensors, as reports name it. */
    public static String digest(ClipTextModel encoder) {
        return WeightsDigest.of(encoder.weights());
    }

    /** The encoder's digest; with another denoiser, SHA-256 over the tensors of both. */
    private static String digest(Subject subject) {
        return subject.unet() == null ? digest(subject.model()) : WeightsDigest.of(subject.model().weights(), subject.unet().weights());
    }

    /** Whether an attack finds other texts for every encoder. */
    static boolean searches(String attack) {
        return ATTACKS.containsKey(attack) && ATTACKS.get(attack).searches();
    }

    /** Attacks that a user of a text API can run, cheapest first. */
    static List<String> textAttacks() {
        return EvaluationRequest.ATTACKS.stream().filter(name -> !ATTACKS.get(name).whiteBox()).toList();
    }

    private static void claim(Path file, Identity identity) {
        if (!Files.exists(file)) {
            ReportFiles.write(file, identity);
        } else if (!ReportFiles.read(file, Identity.class).equals(identity)) {
            throw new IllegalArgumentException(file.getParent() + " belongs to an evaluation with another request, model, encoder or judges");
        }
    }

    /** Everything that the original encoder's images depend on. */
    private static String originalsName(Identity identity) {
        EvaluationRequest request = identity.request();
        String all = identity.model() + identity.denoiser() + identity.judges() + request.concept() + request.kind() + request.seed() + request.budget();
        return UUID.nameUUIDFromBytes(all.getBytes(StandardCharsets.UTF_8)).toString();
    }
}
