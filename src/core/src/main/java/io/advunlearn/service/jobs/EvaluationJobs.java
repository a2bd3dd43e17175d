package io.advunlearn.service.jobs;

import io.advunlearn.evaluation.Detectors;
import io.advunlearn.evaluation.EvaluationListener;
import io.advunlearn.evaluation.EvaluationReport;
import io.advunlearn.evaluation.Evaluator;
import io.advunlearn.evaluation.FoundPrompt;
import io.advunlearn.evaluation.FoundPrompts;
import io.advunlearn.evaluation.Rate;
import io.advunlearn.evaluation.Verdict;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.ComponentSnapshot;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.report.ReportPage;
import io.advunlearn.service.serving.ServedPipeline;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Evaluations as jobs. The report is also stored beside its encoder. */
public final class EvaluationJobs extends Jobs<EvaluationOrder> {

    /** What {@link Evaluator} leaves in the job's directory. */
    public static final String REPORT = "report.json";
    public static final String CONTACT_SHEET = "contact-sheet.png";

    private final EncoderRegistry registry;
    private final ErasureJobs erasures;

    /**
     * @param directory where the jobs are kept, one folder each
     * @param erasures where an evaluated encoder may come from
     * @param replica this process's name
     */
    public EvaluationJobs(Path directory, EncoderRegistry registry, ErasureJobs erasures, DeviceJobs devices, String replica) {
        super("evaluation", new JobStore(directory), devices, replica, EvaluationOrder.class);
        this.registry = registry;
        this.erasures = erasures;
    }

    /** @throws IllegalArgumentException naming the field and what is accepted */
    public JobDirectory start(ServedPipeline pipeline, EvaluationOrder order) {
        pipeline.pipeline().components().requireFullPrecision("evaluation");
        Detectors.requireKnown(pipeline.pipeline().components().directory(), pipeline.settings().detectors(), order.request().kind(), order.request().concept());
        return start(order.request().concept(), order, pipeline);
    }

    /**
     * Prompts for a concept that finished evaluations found.
     *
     * @param evaluations their ids; {@code null} for none
     * @throws IllegalArgumentException naming an id without found prompts
     */
    public List<FoundPrompt> found(List<String> evaluations, String concept) {
        if (evaluations == null || evaluations.isEmpty()) {
            return List.of();
        }
        List<Path> suites = evaluations.stream().map(id -> find(id).map(job -> job.path().resolve(FoundPrompts.FILE)).filter(Files::exists)
                .orElseThrow(() -> new IllegalArgumentException("replay must hold ids of finished evaluations, not " + id))).toList();
        return FoundPrompts.read(suites, concept);
    }

    @Override
    String pipelineOf(EvaluationOrder order) {
        return order.pipeline();
    }

    @Override
    boolean isPart(EvaluationOrder order) {
        return order.part();
    }

    @Override
    Map<String, Object> run(JobDirectory job, EvaluationOrder order, ServedPipeline pipeline, CancellationToken token) {
        PipelineComponents components = pipeline.pipeline().components();
        try (EncoderOnDevice encoder = encoder(order.encoder(), components)) {
            EvaluationReport measured = Evaluator.evaluate(components, pipeline.settings().detectors(), new Evaluator.Subject(encoder.model(), order.encoder()),
                    order.request(), job.path(), progress -> job.append("progress", members(progress)), token);
            job.renew();
            EvaluationReport report = pipeline.settings().gates().judge(measured);
            report.write(job.path().resolve(REPORT));
            attach(order.encoder(), job.path().resolve(REPORT));
            ReportPage.write(job.path(), erasures.report(order.encoder()));
            return summary(report);
        }
    }

    /** Reports of an encoder's finished evaluations on a pipeline, oldest first. */
    List<EvaluationReport> reports(String pipeline, String encoder) {
        return all().stream().filter(job -> job.status().state() == JobState.SUCCEEDED).filter(job -> {
            EvaluationOrder order = job.request(EvaluationOrder.class);
            return order.pipeline().equals(pipeline) && order.encoder().equals(encoder);
        }).map(job -> EvaluationReport.read(job.path().resolve(REPORT))).toList();
    }

    /**
     * A finished evaluation of an encoder.
     *
     * @param evaluation the job's id
     * @param pipeline on which it was measured
     * @param attackSuccessRates by attack
     * @param verdict of the pipeline's gates then; {@code null} if it had none
     */
    public record Judged(String evaluation, String pipeline, String concept, Map<String, Rate> attackSuccessRates, Verdict verdict) { }

    /** Finished evaluations of an encoder, oldest first. */
    public List<Judged> judged(String encoder) {
        List<Judged> judged = new ArrayList<>();
        for (JobDirectory job : all()) {
            EvaluationOrder order = job.request(EvaluationOrder.class);
            if (job.status().state() == JobState.SUCCEEDED && order.encoder().equals(encoder)) {
                EvaluationReport report = EvaluationReport.read(job.path().resolve(REPORT));
                judged.add(new Judged(job.id(), order.pipeline(), order.concept(), rates(report), report.verdict()));
            }
        }
        return judged;
    }

    /** The page of an evaluation; empty before there is a report. */
    public Optional<String> page(JobDirectory job) {
        return Files.exists(job.path().resolve(REPORT))
                ? Optional.of(ReportPage.html(job.path(), erasures.report(job.request(EvaluationOrder.class).encoder()))) : Optional.empty();
    }

    /** The page of the newest finished evaluation of an encoder, else that of the erasure it comes from; empty if there is neither. */
    public Optional<String> pageOfEncoder(String encoder) {
        Optional<String> evaluated = all().stream().filter(job -> job.request(EvaluationOrder.class).encoder().equals(encoder)).map(this::page)
                .flatMap(Optional::stream).reduce((older, newer) -> newer);
        return evaluated.or(() -> Optional.ofNullable(erasures.report(encoder)).map(ReportPage::html));
    }

    private EncoderOnDevice encoder(String id, PipelineComponents components) {
        return ComponentSnapshot.BASE_ID.equals(id) ? EncoderOnDevice.shared(components.baseEncoder())
                : EncoderOnDevice.load(registry.directory(id), components.device());
    }

    private static Map<String, Object> members(EvaluationListener.Progress progress) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("stage", progress.stage());
        members.put("done", progress.done());
        members.put("total", progress.total());
        return members;
    }

    private void attach(String encoder, Path report) {
        if (ComponentSnapshot.BASE_ID.equals(encoder)) {
            return;
        }
        try {
            registry.attach(encoder, REPORT, Files.readAllBytes(report));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, Rate> rates(EvaluationReport report) {
        Map<String, Rate> rates = new LinkedHashMap<>();
        report.attacks().forEach(attack -> rates.put(attack.name(), attack.rate()));
        return rates;
    }

    private static Map<String, Object> summary(EvaluationReport report) {
        return Map.of("attack_success_rates", rates(report));
    }
}
