package io.advunlearn.service;

import io.advunlearn.pipeline.Retention;
import io.advunlearn.registry.UploadLimits;
import io.advunlearn.service.jobs.JobSettings;
import io.advunlearn.service.serving.Limits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * What a host configures besides its pipelines.
 *
 * @param registryDirectory encoders, pipeline states, jobs and the audit log; may be shared by replicas
 * @param importDirectory the only directory from which encoders are imported; empty to import none
 * @param replica this process's name, unique among those that share the registry and the same after a restart
 * @param reconcileInterval how often the registry is looked at
 * @param limits of the public API
 * @param uploads limits of encoders that are uploaded in parts
 * @param retention how long replaced encoders stay in memory
 * @param heartbeat how often this process says what it serves when nothing changes
 * @param jobs how erasures and evaluations run
 */
public record ServiceSettings(Path registryDirectory, Optional<Path> importDirectory, String replica, Duration reconcileInterval, Limits limits,
        UploadLimits uploads, Retention retention, Duration heartbeat, JobSettings jobs) {

    public static final Duration DEFAULT_RECONCILE_INTERVAL = Duration.ofSeconds(1);
    public static final Duration DEFAULT_HEARTBEAT = Duration.ofSeconds(5);

    public ServiceSettings {
        if (heartbeat.toMillis() < 1) {
            throw new IllegalArgumentException("the heartbeat of replicas must be at least 1 ms, not " + heartbeat);
        }
    }

    /** With the usual heartbeat. */
    public ServiceSettings(Path registryDirectory, Optional<Path> importDirectory, String replica, Duration reconcileInterval, Limits limits,
            UploadLimits uploads, Retention retention, JobSettings jobs) {
        this(registryDirectory, importDirectory, replica, reconcileInterval, limits, uploads, retention, DEFAULT_HEARTBEAT, jobs);
    }

    /** With the usual limits of uploads, retention, heartbeat and jobs. */
    public ServiceSettings(Path registryDirectory, Optional<Path> importDirectory, String replica, Duration reconcileInterval, Limits limits) {
        this(registryDirectory, importDirectory, replica, reconcileInterval, limits, UploadLimits.DEFAULT, Retention.SERVING, DEFAULT_HEARTBEAT,
                JobSettings.DEFAULT);
    }
}
