package io.advunlearn.service;

import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.EncoderUploads;
import io.advunlearn.registry.FileJobClaims;
import io.advunlearn.registry.JobClaims;
import io.advunlearn.service.admin.AdminApi;
import io.advunlearn.service.images.Images;
import io.advunlearn.service.images.Models;
import io.advunlearn.service.jobs.DeviceJobs;
import io.advunlearn.service.jobs.ErasureJobs;
import io.advunlearn.service.jobs.EvaluationJobs;
import io.advunlearn.service.serving.Observers;
import io.advunlearn.service.serving.Pipelines;
import io.advunlearn.service.serving.RateLimiter;
import io.advunlearn.service.serving.RateLimits;
import io.advunlearn.service.serving.ReplicaReporter;
import io.advunlearn.service.serving.ServedPipeline;
import io.advunlearn.service.serving.ServingMetrics;
import java.util.Optional;

/**
 * Everything that serves, swaps, erases and evaluates, put together for a host: Quarkus, DJL Serving or a test. The host brings
 * HTTP, configuration and metrics.
 */
public final class AdvUnlearnService implements AutoCloseable {

    private final ServiceSettings settings;
    private final Pipelines pipelines;
    private final ReplicaReporter reporter;
    private final DeviceJobs devices;
    private final ErasureJobs erasures;
    private final EvaluationJobs evaluations;
    private final Models models;
    private final Images images;
    private final AdminApi admin;
    private volatile boolean started;

    /** Without limits of single clients. */
    public AdvUnlearnService(ServiceSettings settings, EncoderRegistry registry, ServingMetrics metrics) {
        this(settings, registry, Observers.of(metrics), RateLimits.NONE);
    }

    /** With the jobs' claims beside them, on the registry's volume. @param rates limits of single clients of the image API */
    public AdvUnlearnService(ServiceSettings settings, EncoderRegistry registry, Observers observers, RateLimits rates) {
        this(settings, registry, new FileJobClaims(settings.registryDirectory()), observers, rates);
    }

    /**
     * @param claims which replica runs which job
     * @param rates limits of single clients of the image API
     */
    public AdvUnlearnService(ServiceSettings settings, EncoderRegistry registry, JobClaims claims, Observers observers, RateLimits rates) {
        this.settings = settings;
        devices = new DeviceJobs(observers, claims, settings.replica(), settings.jobs().lease());
        pipelines = new Pipelines(registry, settings.limits(), settings.retention(), observers, pipeline -> takeOver());
        reporter = new ReplicaReporter(registry, settings.replica(), settings.heartbeat(), pipelines);
        erasures = new ErasureJobs(settings.registryDirectory().resolve("erasures"), registry, devices, settings.replica(),
                settings.jobs().memory(), this::evaluations);
        evaluations = new EvaluationJobs(settings.registryDirectory().resolve("evaluations"), registry, erasures, devices, settings.replica());
        models = new Models(pipelines);
        images = new Images(models, settings.limits(), new RateLimiter(rates));
        admin = new AdminApi(pipelines, registry, erasures, evaluations, settings.importDirectory(),
                new EncoderUploads(settings.registryDirectory(), settings.uploads(), registry), settings.limits().bodyBytes());
    }

    private EvaluationJobs evaluations() {
        return evaluations;
    }

    /** Goes on with jobs that nobody runs any more. */
    private void takeOver() {
        erasures.takeOver(this::loaded);
        evaluations.takeOver(this::loaded);
    }

    private Optional<ServedPipeline> loaded(String name) {
        return pipelines.find(name).filter(pipeline -> pipeline.components().isPresent());
    }

    /** Follows the registry and other replicas' jobs from now on. */
    public void start() {
        pipelines.follow(settings.reconcileInterval(), reporter::changed);
        reporter.start();
        devices.follow(this::takeOver);
        started = true;
    }

    /** Whether the host has listed its pipelines and called {@link #start}. */
    public boolean isStarted() {
        return started;
    }

    public ServiceSettings settings() {
        return settings;
    }

    public Pipelines pipelines() {
        return pipelines;
    }

    public Models models() {
        return models;
    }

    public Images images() {
        return images;
    }

    public AdminApi admin() {
        return admin;
    }

    /** Stops a pipeline's jobs, which whoever serves it next goes on with, and frees it. */
    public void unload(ServedPipeline pipeline) {
        pipelines.remove(pipeline);
        devices.interrupt(pipeline);
        pipeline.close();
    }

    /** The jobs first, which use the pipelines' memory. */
    @Override
    public void close() {
        devices.close();
        reporter.close();
        pipelines.close();
    }
}
