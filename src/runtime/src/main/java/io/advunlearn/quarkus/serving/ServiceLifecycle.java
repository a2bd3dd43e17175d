package io.advunlearn.quarkus.serving;

import io.advunlearn.checkpoint.CheckpointOptions;
import io.advunlearn.evaluation.Gates;
import io.advunlearn.pipeline.PipelineTuning;
import io.advunlearn.quarkus.config.AdvUnlearnConfig;
import io.advunlearn.quarkus.config.AdvUnlearnConfig.GatesConfig;
import io.advunlearn.quarkus.config.AdvUnlearnConfig.PipelineConfig;
import io.advunlearn.quarkus.config.ErasuresConfig;
import io.advunlearn.quarkus.config.OutputFilterConfig;
import io.advunlearn.service.AdvUnlearnService;
import io.advunlearn.service.filter.FilterSettings;
import io.advunlearn.service.serving.PipelineSettings;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jboss.logging.Logger;

/** Starts and stops the service with the application. */
@ApplicationScoped
public class ServiceLifecycle {

    private static final Logger LOG = Logger.getLogger(ServiceLifecycle.class);

    void start(@Observes StartupEvent event, AdvUnlearnConfig config, AdvUnlearnService service) {
        DjlSettings.apply(config);
        if (config.pipelines().isEmpty()) {
            LOG.warn("No pipeline is configured (quarkus.advunlearn.pipelines.<name>.model-directory)");
        }
        config.pipelines().forEach((name, pipeline) -> service.pipelines().add(name, settings(pipeline, config.erasures()), pipeline.routes()));
        service.start();
    }

    private static PipelineSettings settings(PipelineConfig config, ErasuresConfig erasures) {
        return new PipelineSettings(config.modelDirectory(), checkpoint(config), config.device(), config.encoder(), config.textEncoder2(),
                config.requiredErasures().orElse(List.of()), config.enforce(), config.numInferenceSteps(), config.guidanceScale(), tuning(config, erasures),
                config.detectors(), gates(config.gates())).with(filter(config.outputFilter()));
    }

    private static Optional<FilterSettings> filter(OutputFilterConfig config) {
        return config.concepts().map(concepts -> new FilterSettings(concepts, config.detectors(), config.detector(), config.threshold(), config.action()));
    }

    private static PipelineTuning tuning(PipelineConfig config, ErasuresConfig erasures) {
        return new PipelineTuning(config.batching().maxImages(), config.batching().maxWait(), config.embeddingCache().asLongValue(),
                OptionalDouble.of(erasures.deviceShare()));
    }

    private static CheckpointOptions checkpoint(PipelineConfig config) {
        return new CheckpointOptions(config.variant().orElse(null), config.tokenizer().orElse(null), config.dtype(), config.vaeTiling(),
                config.textEncoderDevice().orElse(null));
    }

    private static Gates gates(GatesConfig config) {
        return new Gates(config.attackSuccess(), config.retainedMeanLoss().orElse(null), config.retainedWorstLoss().orElse(null), config.minimumTrials(),
                config.requiredAttacks().orElse(null));
    }

    void stop(@Observes ShutdownEvent event, AdvUnlearnService service) {
        service.close();
    }
}
