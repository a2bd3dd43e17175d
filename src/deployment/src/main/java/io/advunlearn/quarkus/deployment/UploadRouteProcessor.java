package io.advunlearn.quarkus.deployment;

import io.advunlearn.quarkus.admin.UploadRecorder;
import io.advunlearn.quarkus.admin.UploadRoute;
import io.quarkus.deployment.annotations.BuildProducer;
import io.quarkus.deployment.annotations.BuildStep;
import io.quarkus.deployment.annotations.ExecutionTime;
import io.quarkus.deployment.annotations.Record;
import io.quarkus.vertx.http.deployment.NonApplicationRootPathBuildItem;
import io.quarkus.vertx.http.deployment.RouteBuildItem;
import io.quarkus.vertx.http.runtime.management.ManagementInterfaceBuildTimeConfig;

/** Mounts what takes parts of uploads on the management port, before the handler that reads bodies into memory; without that port nowhere. */
class UploadRouteProcessor {

    @BuildStep
    @Record(ExecutionTime.STATIC_INIT)
    void mount(UploadRecorder recorder, ManagementInterfaceBuildTimeConfig management, NonApplicationRootPathBuildItem root,
            BuildProducer<RouteBuildItem> routes) {
        if (management.enabled()) {
            routes.produce(root.routeBuilder().management().orderedRoute(UploadRoute.PATH, Integer.MIN_VALUE).handler(recorder.handler()).build());
        }
    }
}
