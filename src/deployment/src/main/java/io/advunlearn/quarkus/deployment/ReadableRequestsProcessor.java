package io.advunlearn.quarkus.deployment;

import io.advunlearn.quarkus.rest.ReadableRequestsRecorder;
import io.quarkus.deployment.annotations.BuildProducer;
import io.quarkus.deployment.annotations.BuildStep;
import io.quarkus.deployment.annotations.ExecutionTime;
import io.quarkus.deployment.annotations.Record;
import io.quarkus.vertx.http.deployment.NonApplicationRootPathBuildItem;
import io.quarkus.vertx.http.deployment.RouteBuildItem;
import io.quarkus.vertx.http.runtime.management.ManagementInterfaceBuildTimeConfig;

/** Mounts what stands on the management port before the handler that reads bodies: it would never answer a broken query, and take JSON for a form. */
class ReadableRequestsProcessor {

    @BuildStep
    @Record(ExecutionTime.STATIC_INIT)
    void mount(ReadableRequestsRecorder recorder, ManagementInterfaceBuildTimeConfig management, NonApplicationRootPathBuildItem root,
            BuildProducer<RouteBuildItem> routes) {
        if (management.enabled()) {
            routes.produce(root.routeBuilder().management().orderedRoute("/*", Integer.MIN_VALUE).handler(recorder.handler()).build());
        }
    }
}
