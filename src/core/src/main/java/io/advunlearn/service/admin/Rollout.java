package io.advunlearn.service.admin;

import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.PipelineRoutes;
import io.advunlearn.registry.PipelineState;
import io.advunlearn.registry.ReplicaReport;
import io.advunlearn.registry.ReplicaReport.Pulse;
import io.advunlearn.registry.ReplicaReport.Served;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** How far what the registry wants of a pipeline has come. */
final class Rollout {

    private final long generation;
    private final long routesGeneration;

    private Rollout(long generation, long routesGeneration) {
        this.generation = generation;
        this.routesGeneration = routesGeneration;
    }

    /** As the admin API answers it. */
    static Map<String, Object> of(EncoderRegistry registry, String pipeline) {
        Optional<PipelineState> state = registry.state(pipeline);
        Rollout rollout = new Rollout(state.map(PipelineState::generation).orElse(0L),
                registry.routes(pipeline).map(PipelineRoutes::generation).orElse(0L));
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("pipeline", pipeline);
        members.put("generation", rollout.generation);
        members.put("routesGeneration", rollout.routesGeneration);
        members.put("desired", state.orElse(null));
        rollout.describe(registry.replicas(), pipeline, members);
        return members;
    }

    private void describe(List<ReplicaReport.Seen> seen, String pipeline, Map<String, Object> members) {
        List<Map<String, Object>> replicas = new ArrayList<>();
        int counted = 0;
        int upToDate = 0;
        for (ReplicaReport.Seen each : seen) {
            Optional<Served> served = each.report().pipelines().stream().filter(one -> one.name().equals(pipeline)).findFirst();
            if (served.isPresent()) {
                replicas.add(describe(each, served.get()));
                counted += each.pulse() == Pulse.DEAD ? 0 : 1;
                upToDate += each.pulse() != Pulse.DEAD && isUpToDate(served.get()) ? 1 : 0;
            }
        }
        members.put("complete", counted > 0 && upToDate == counted);
        members.put("upToDate", upToDate);
        members.put("counted", counted);
        members.put("replicas", replicas);
    }

    private Map<String, Object> describe(ReplicaReport.Seen seen, Served served) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("replica", seen.report().replica());
        members.put("heartbeat", seen.pulse().name().toLowerCase(Locale.ROOT));
        members.put("heartbeatAgeSeconds", seen.age().toMillis() / 1000.0);
        members.put("startedAt", seen.report().startedAt());
        members.put("state", served.state());
        members.put("upToDate", isUpToDate(served));
        members.put("generation", served.generation());
        members.put("routesGeneration", served.routesGeneration());
        members.put("encoders", served.encoders());
        members.put("since", served.since());
        members.put("error", served.error());
        return members;
    }

    /** It may have looked at the registry later than this. */
    private boolean isUpToDate(Served served) {
        return served.state().equals(Served.READY) && served.generation() >= generation && served.routesGeneration() >= routesGeneration;
    }
}
