package io.advunlearn.quarkus.deployment;

import io.quarkus.deployment.Capabilities;
import io.quarkus.deployment.Capability;
import io.quarkus.deployment.annotations.BuildProducer;
import io.quarkus.deployment.annotations.BuildStep;
import io.quarkus.smallrye.openapi.deployment.spi.AddToOpenAPIDefinitionBuildItem;

/** The description of the HTTP API, if the application has quarkus-smallrye-openapi. */
class OpenApiProcessor {

    @BuildStep
    void describe(Capabilities capabilities, BuildProducer<AddToOpenAPIDefinitionBuildItem> filters) {
        if (capabilities.isPresent(Capability.SMALLRYE_OPENAPI)) {
            filters.produce(new AddToOpenAPIDefinitionBuildItem(new OpenApiDetails()));
        }
    }
}
