package io.advunlearn.quarkus.drawing;

import io.advunlearn.quarkus.Pipeline;
import io.advunlearn.quarkus.TextToImage;
import io.advunlearn.quarkus.config.AdvUnlearnConfig;
import io.advunlearn.service.AdvUnlearnService;
import jakarta.enterprise.context.Dependent;
import jakarta.enterprise.inject.Produces;
import jakarta.enterprise.inject.spi.InjectionPoint;
import java.util.Set;
import java.util.TreeSet;

/** {@link TextToImage} for injection. */
class TextToImageProducer {

    /** Of the only pipeline. */
    @Produces
    @Dependent
    TextToImage only(AdvUnlearnConfig config, AdvUnlearnService service) {
        Set<String> names = config.pipelines().keySet();
        if (names.size() != 1) {
            throw new IllegalStateException(names.isEmpty() ? "TextToImage needs a pipeline: set quarkus.advunlearn.pipelines.<name>.model-directory"
                    : "TextToImage needs @Pipeline(\"name\"), since there are several pipelines: " + String.join(", ", new TreeSet<>(names)));
        }
        return new PipelineTextToImage(names.iterator().next(), service);
    }

    @Produces
    @Dependent
    @Pipeline("")
    TextToImage named(InjectionPoint point, AdvUnlearnConfig config, AdvUnlearnService service) {
        String name = point.getQualifiers().stream().filter(Pipeline.class::isInstance).map(Pipeline.class::cast).findFirst().orElseThrow().value();
        if (!config.pipelines().containsKey(name)) {
            throw new IllegalStateException("@Pipeline(\"" + name + "\"): there is no such pipeline; quarkus.advunlearn.pipelines has: "
                    + String.join(", ", new TreeSet<>(config.pipelines().keySet())));
        }
        return new PipelineTextToImage(name, service);
    }
}
