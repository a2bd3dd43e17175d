package io.advunlearn.quarkus.admin;

import io.quarkus.arc.Arc;
import io.quarkus.runtime.annotations.Recorder;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;

/** Gives the build the handler of {@link UploadRoute}. */
@Recorder
public class UploadRecorder {

    public Handler<RoutingContext> handler() {
        return context -> Arc.container().instance(UploadRoute.class).get().handle(context);
    }
}
