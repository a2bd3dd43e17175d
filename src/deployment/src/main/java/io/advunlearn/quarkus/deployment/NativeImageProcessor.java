package io.advunlearn.quarkus.deployment;

import io.quarkus.deployment.annotations.BuildStep;
import io.quarkus.deployment.builditem.FeatureBuildItem;
import io.quarkus.deployment.pkg.steps.NativeBuild;
import io.quarkus.runtime.configuration.ConfigurationException;
import java.util.Set;

/** There is no native image of this extension. */
class NativeImageProcessor {

    static final String REASON = "quarkus-advunlearn runs on the JVM only, since DJL loads PyTorch and its operators by reflection and JNI: build without "
            + "quarkus.native.enabled (and without -Dnative)";

    /** Every build asks for features, so a native one fails here, before anything is compiled. */
    @BuildStep(onlyIf = NativeBuild.class)
    FeatureBuildItem refuse() {
        throw new ConfigurationException(REASON, Set.of("quarkus.native.enabled"));
    }
}
