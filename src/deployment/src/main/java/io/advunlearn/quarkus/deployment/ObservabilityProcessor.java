package io.advunlearn.quarkus.deployment;

import io.advunlearn.quarkus.serving.MicrometerMetrics;
import io.advunlearn.quarkus.serving.OpenTelemetryTracing;
import io.quarkus.arc.deployment.AdditionalBeanBuildItem;
import io.quarkus.arc.processor.DotNames;
import io.quarkus.deployment.Capabilities;
import io.quarkus.deployment.Capability;
import io.quarkus.deployment.annotations.BuildProducer;
import io.quarkus.deployment.annotations.BuildStep;
import io.quarkus.deployment.metrics.MetricsCapabilityBuildItem;
import io.quarkus.runtime.metrics.MetricsFactory;
import java.util.Optional;

/** Metrics and traces, if the application has Micrometer and OpenTelemetry. */
class ObservabilityProcessor {

    @BuildStep
    void metrics(Optional<MetricsCapabilityBuildItem> metrics, BuildProducer<AdditionalBeanBuildItem> beans) {
        if (metrics.isPresent() && metrics.get().metricsSupported(MetricsFactory.MICROMETER)) {
            beans.produce(bean(MicrometerMetrics.class));
        }
    }

    @BuildStep
    void tracing(Capabilities capabilities, BuildProducer<AdditionalBeanBuildItem> beans) {
        if (capabilities.isPresent(Capability.OPENTELEMETRY_TRACER)) {
            beans.produce(bean(OpenTelemetryTracing.class));
        }
    }

    private static AdditionalBeanBuildItem bean(Class<?> type) {
        return AdditionalBeanBuildItem.builder().addBeanClass(type).setDefaultScope(DotNames.SINGLETON).setUnremovable().build();
    }
}
