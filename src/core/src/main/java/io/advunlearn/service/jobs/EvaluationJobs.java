package io.advunlearn.service.jobs;

import io.advunlearn.evaluation.Detectors;
import io.advunlearn.evaluation.EvaluationListener;
import io.advunlearn.evaluation.EvaluationReport;
import io.advunlearn.evaluation.Evaluator;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.EncoderSnapshot;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.service.serving.ServedPipeline;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Evaluations as jobs. The report is also stored beside its encoder. */
public final class EvaluationJobs extends Jobs<EvaluationOrder> {

    /** What {@link Evaluator} leaves in the job's directory. */
    public static final String REPORT = "report.json";
    public static final String CONTACT_SHEET = "contact-sheet.png";

    private final EncoderRegistry registry;

    /**
     * @param directory where the jobs are kept, one folder each
     * @param replica this process's name
     */
    public EvaluationJobs(Path directory, EncoderRegistry registry, DeviceJobs devices, String replica) {
        super(new JobStore(directory), devices, replica, EvaluationOrder.class);
        this.registry = registry;
    }

    /** @throws IllegalArgumentException naming the field and what is accepted */
    public JobDirectory start(ServedPipeline pipeline, EvaluationOrder order) {
        Detectors.requireKnown(pipeline.settings().modelDirectory(), pipeline.settings().detectors(), order.request().kind(), order.request().concept());
        return start(order.request().concept(), order, pipeline);
    }

    @Override
    String pipelineOf(EvaluationOrder order) {
        return order.pipeline();
    }

    @Override
    Map<String, Object> run(JobDirectory job, EvaluationOrder order, ServedPipeline pipeline, CancellationToken token) {
        PipelineComponents components = pipeline.pipeline().components();
        try (EncoderOnDevice encoder = encoder(order.encoder(), components)) {
            EvaluationReport report = Evaluator.evaluate(components, pipeline.settings().detectors(), new Evaluator.Subject(encoder.model(), order.encoder()),
                    order.request(), job.path(), progress -> job.append("progress", members(progress)), token);
            attach(order.encoder(), job.path().resolve(REPORT));
            return summary(report);
        }
    }

    private EncoderOnDevice encoder(String id, PipelineComponents components) {
        return EncoderSnapshot.BASE_ID.equals(id) ? EncoderOnDevice.shared(components.baseEncoder())
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
        if (EncoderSnapshot.BASE_ID.equals(encoder)) {
            return;
        }
        try {
            registry.attach(encoder, REPORT, Files.readAllBytes(report));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, Object> summary(EvaluationReport report) {
        Map<String, Object> rates = new LinkedHashMap<>();
        report.attacks().forEach(attack -> rates.put(attack.name(), attack.rate()));
        return Map.of("attack_success_rates", rates);
    }
}
