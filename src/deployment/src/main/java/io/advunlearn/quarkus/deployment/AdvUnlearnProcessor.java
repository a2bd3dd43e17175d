package io.advunlearn.quarkus.deployment;

import io.quarkus.deployment.annotations.BuildStep;
import io.quarkus.deployment.builditem.FeatureBuildItem;

/** Build steps of the extension. */
class AdvUnlearnProcessor {

    @BuildStep
    FeatureBuildItem feature() {
        return new FeatureBuildItem("advunlearn");
    }
}
