package io.advunlearn.quarkus.deployment;

import io.advunlearn.quarkus.rest.BrokenEscapesRecorder;
import io.quarkus.deployment.annotations.BuildProducer;
import io.quarkus.deployment.annotations.BuildStep;
import io.quarkus.deployment.annotations.ExecutionTime;
import io.quarkus.deployment.annotations.Record;
import io.quarkus.vertx.http.deployment.NonApplicationRootPathBuildItem;
import io.quarkus.vertx.http.deployment.RouteBuildItem;
import io.quarkus.vertx.http.runtime.management.ManagementInterfaceBuildTimeConfig;

/** Mounts what refuses broken queries on the management port, before the handler that reads bodies and would never answer. */
class BrokenEscapesProcessor {

    @BuildStep
    @Record(ExecutionTime.STATIC_INIT)
    void mount(BrokenEscapesRecorder recorder, ManagementInterfaceBuildTimeConfig management, NonApplicationRootPathBuildItem root,
            BuildProducer<RouteBuildItem> routes) {
        if (management.enabled()) {
            routes.produce(root.routeBuilder().management().orderedRoute("/*", Integer.MIN_VALUE).handler(recorder.handler()).build());
        }
    }
}
