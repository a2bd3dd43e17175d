package io.advunlearn.service.jobs;

import io.advunlearn.erasure.ErasureEvent;
import io.advunlearn.erasure.ErasureMethods;
import io.advunlearn.erasure.ErasureRequest;
import io.advunlearn.erasure.ErasureResult;
import io.advunlearn.erasure.ErasureStart;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.ComponentSnapshot;
import io.advunlearn.pipeline.ErasureFloor;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.registry.EncoderManifest;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.LineageEntry;
import io.advunlearn.registry.PipelineReferences;
import io.advunlearn.report.ErasureReport;
import io.advunlearn.service.serving.Observers;
import io.advunlearn.service.serving.ServedPipeline;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;

/**
 * Erasures as jobs. The candidate of a finished one is registered under the job's id and waits there for its promotion. An
 * erasure that a crash interrupted goes on from its checkpoint.
 */
public final class ErasureJobs extends Jobs<ErasureOrder> {

    /** What observers call them. */
    public static final String KIND = "erasure";

    /** What training came to, kept until the candidate's promotion is decided. */
    private static final String CANDIDATE = "candidate.json";
    private static final String ENCODER = "encoder";

    private final EncoderRegistry registry;
    private final DeviceJobs devices;
    private final Observers observers;
    private final MemoryAdmission memory;
    private final Supplier<EvaluationJobs> evaluations;

    /**
     * @param directory where the jobs are kept, one folder each
     * @param replica this process's name
     * @param memory bytes that an erasure may take on its device; empty for all that is free
     * @param evaluations which judge candidates that are promoted automatically
     */
    public ErasureJobs(Path directory, EncoderRegistry registry, DeviceJobs devices, String replica, OptionalLong memory, Supplier<EvaluationJobs> evaluations) {
        super(KIND, new JobStore(directory), devices, replica, ErasureOrder.class);
        this.registry = registry;
        this.devices = devices;
        this.memory = new MemoryAdmission(memory);
        this.evaluations = evaluations;
        observers = devices.observers();
    }

    /**
     * @throws IllegalArgumentException naming the field and what is accepted
     * @throws JobStateException if it is to be promoted automatically and the pipeline has no gates
     * @throws InsufficientMemoryException if it needs more memory than there is
     */
    public JobDirectory start(ServedPipeline pipeline, ErasureOrder order) {
        ErasureOrder checked = order.checked();
        ErasureStart start = start(checked);
        ErasureMethods.byName(checked.method()).check(pipeline.pipeline().components(), checked.request(start));
        if (checked.promotes()) {
            promotion().check(checked, start, pipeline);
        }
        admit(checked, pipeline);
        return start(checked.concept(), checked, pipeline);
    }

    private AutomaticPromotion promotion() {
        return new AutomaticPromotion(evaluations.get(), registry);
    }

    /** What another job has now is free when this one begins. */
    @Override
    void admit(ErasureOrder order, ServedPipeline pipeline) {
        if (devices.isBusy(pipeline.settings().device())) {
            memory.requireBudget(pipeline.pipeline().components(), order.request(start(order)));
        } else {
            memory.require(pipeline.pipeline().components(), order.request(start(order)));
        }
    }

    @Override
    String pipelineOf(ErasureOrder order) {
        return order.pipeline();
    }

    @Override
    Map<String, Object> run(JobDirectory job, ErasureOrder order, ServedPipeline pipeline, CancellationToken token) {
        Map<String, Object> made = job.kept(CANDIDATE).orElseGet(() -> candidate(job, order, pipeline, token));
        if (order.promotes()) {
            made.put("promotion", promotion().run(job, order, pipeline, registry.encoder((String) made.get(ENCODER))
                    .orElseThrow(() -> new JobFailedException("the candidate was deleted before it could be promoted")), token));
        }
        return made;
    }

    /** @return the job's result before anything becomes of the candidate */
    private Map<String, Object> candidate(JobDirectory job, ErasureOrder order, ServedPipeline pipeline, CancellationToken token) {
        PipelineComponents components = pipeline.pipeline().components();
        ErasureRequest request = order.request(start(order));
        memory.require(components, request);
        ErasureResult result = train(job, order, request, pipeline, token);
        job.renew();
        ErasureReport.write(job.path(), components, request, result);
        EncoderManifest manifest = register(job.id(), order, request, components, result);
        Map<String, Object> made = new LinkedHashMap<>();
        made.put(ENCODER, manifest.id());
        made.put("digest", manifest.digest());
        made.put("erasures", manifest.erasures());
        made.put("iterations", result.iterations());
        made.put("unet_forward", result.unetForward());
        made.put("unet_backward", result.unetBackward());
        made.put("trained_parameters", result.trainedParameters());
        made.put("seconds", result.seconds());
        job.keep(CANDIDATE, made);
        return made;
    }

    private ErasureResult train(JobDirectory job, ErasureOrder order, ErasureRequest request, ServedPipeline pipeline, CancellationToken token) {
        ObservedErasure observed = new ObservedErasure(pipeline.name(), observers);
        CancellationToken limited = order.maxSeconds() == null ? token : token.within(Duration.ofSeconds(order.maxSeconds()));
        try {
            return ErasureMethods.byName(order.method()).run(pipeline.pipeline().components(), request, job.path(), event -> {
                job.append("progress", progress(event));
                observed.onEvent(event);
            }, limited);
        } catch (CancellationException e) {
            if (token.isCancelled()) {
                throw e;
            }
            throw new JobFailedException("it was not done after max_seconds = " + order.maxSeconds() + "; it can be resumed");
        }
    }

    private ErasureStart start(ErasureOrder order) {
        if (order.from() == null || ComponentSnapshot.BASE_ID.equals(order.from())) {
            return ErasureStart.BASE;
        }
        EncoderManifest manifest = registry.encoder(order.from())
                .orElseThrow(() -> new IllegalArgumentException("from: there is no encoder " + order.from()));
        return ErasureStart.of(manifest, registry.directory(order.from()));
    }

    /** What the erasure reported whose candidate this is; {@code null} if there is none. */
    ErasureReport report(String encoder) {
        return find(encoder).map(job -> ErasureReport.read(job.path())).orElse(null);
    }

    private static Map<String, Object> progress(ErasureEvent event) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("phase", event.phase());
        members.put("iteration", event.iteration());
        members.put("iterations", event.iterations());
        members.put("values", event.values());
        return members;
    }

    /** A crash after the registration and before the job's last status finds the candidate registered already. */
    private EncoderManifest register(String id, ErasureOrder order, ErasureRequest request, PipelineComponents components, ErasureResult result) {
        Optional<EncoderManifest> registered = registry.encoder(id);
        if (registered.isPresent()) {
            return registered.get();
        }
        List<LineageEntry> lineage = request.lineage(result.settings());
        Map<String, String> concepts = new LinkedHashMap<>();
        lineage.forEach(entry -> concepts.putIfAbsent(ErasureFloor.normalise(entry.concept()), entry.concept()));
        return registry.register(result.encoderDirectory(), new EncoderRegistry.Registration(id, components.baseDigest(), request.start().id(),
                List.copyOf(concepts.values()), lineage, order.method(), order.principal(), null, new float[0]), PipelineReferences.of(components));
    }
}
