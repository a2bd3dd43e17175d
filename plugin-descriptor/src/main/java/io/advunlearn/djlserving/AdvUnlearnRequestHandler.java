package io.advunlearn.djlserving;

import ai.djl.serving.plugins.RequestHandler;
import io.advunlearn.service.AdvUnlearnService;
import io.advunlearn.service.access.Identity;
import io.advunlearn.service.access.Keyring;
import io.advunlearn.service.admin.AdminApi;
import io.advunlearn.service.admin.Problem;
import io.advunlearn.service.images.Images;
import io.advunlearn.service.images.Unauthorized;
import io.advunlearn.service.jobs.JobEvents;
import io.advunlearn.service.json.Answer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.io.ByteArrayInputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * OpenAI's image API and the admin API on DJL Serving's connector for management, which by default is also that for inference.
 * DJL Serving calls this on its event loop and gives the request's memory back afterwards: the body is copied, and the work is
 * done on threads of our own.
 */
public final class AdvUnlearnRequestHandler implements RequestHandler<Object> {

    private static final String IMAGES = "/v1/images/generations";
    private static final String MODELS = "/v1/models";
    private static final String BEARER = "bearer ";
    private static final int THREADS = 4;
    private static final int RELOAD_SECONDS = 1;

    private final AdvUnlearnService service;
    private final TracedEncoders traced;
    private final Keyring keys;
    private final ScheduledExecutorService executor = Executors.newScheduledThreadPool(THREADS, work -> {
        Thread thread = new Thread(work, "advunlearn-http");
        thread.setDaemon(true);
        return thread;
    });

    /** The handler of this process's service. @throws IllegalArgumentException naming the wrong setting */
    public AdvUnlearnRequestHandler() {
        this(DjlServingHost.get().service(), DjlServingHost.get().tracedEncoders(), DjlServingHost.get().keys());
    }

    AdvUnlearnRequestHandler(AdvUnlearnService service, TracedEncoders traced, Keyring keys) {
        this.service = service;
        this.traced = traced;
        this.keys = keys;
        executor.scheduleWithFixedDelay(keys::reload, RELOAD_SECONDS, RELOAD_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public boolean acceptInboundMessage(Object message) {
        if (!(message instanceof HttpRequest request)) {
            return false;
        }
        String path = new QueryStringDecoder(request.uri()).path();
        return path.equals(IMAGES) || isBelow(path, MODELS) || isBelow(path, AdminApi.PREFIX);
    }

    private static boolean isBelow(String path, String prefix) {
        return path.equals(prefix) || path.startsWith(prefix + "/");
    }

    @Override
    public Object handleRequest(ChannelHandlerContext context, FullHttpRequest request, QueryStringDecoder decoder, String[] segments) {
        String bearer = bearer(request.headers().get(HttpHeaderNames.AUTHORIZATION));
        Call call = new Call(context, request.method().name(), decoder.path(), request.headers().get(HttpHeaderNames.ACCEPT),
                request.headers().get("Last-Event-ID"), keys.find(bearer), body(request.content()), HttpUtil.isKeepAlive(request));
        if (!isBelow(call.path(), AdminApi.PREFIX) && Keyring.isKey(bearer) && call.caller().map(Identity::tenant).isEmpty()) {
            call.send(Unauthorized.answer("the API key is wrong, expired, revoked or not one of a tenant"));
        } else if (!isBelow(call.path(), AdminApi.PREFIX)) {
            executor.execute(() -> handlePublic(call));
        } else if (call.caller().isPresent()) {
            executor.execute(() -> handleAdmin(call));
        } else {
            call.send(Problem.unauthorized("the header Authorization: Bearer", "Bearer").answer());
        }
        return null;
    }

    /** What is needed of a request after DJL Serving took its memory back. */
    private record Call(ChannelHandlerContext context, String method, String path, String accept, String lastEventId, Optional<Identity> caller, byte[] body,
            boolean keepAlive) {

        void send(Answer answer) {
            NettyAnswers.send(context, answer, keepAlive);
        }
    }

    /** A copy; of a body that is too large only as much as shows it. */
    private byte[] body(ByteBuf content) {
        int most = (int) Math.min(content.readableBytes(), service.settings().limits().bodyBytes() + 1);
        return ByteBufUtil.getBytes(content, content.readerIndex(), most);
    }

    private static String bearer(String authorization) {
        return authorization != null && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())
                ? authorization.substring(BEARER.length()).strip() : null;
    }

    private void handlePublic(Call call) {
        if (!call.path().equals(IMAGES)) {
            call.send(call.method().equals("GET") ? models(call.path()) : wrongMethod("GET"));
        } else if (!call.method().equals("POST")) {
            call.send(wrongMethod("POST"));
        } else {
            Identity client = call.caller().filter(caller -> caller.tenant() != null).orElse(Identity.anonymous(null));
            Images.Generation generation = service.images().as(client).generate(new ByteArrayInputStream(call.body()), call.accept());
            ChannelFuture closed = call.context().channel().closeFuture();
            ChannelFutureListener leaves = future -> generation.cancel().run();
            closed.addListener(leaves);
            generation.events().ifPresentOrElse(events -> NettyAnswers.stream(call.context(), generation.answer().join(), events), () ->
                    generation.answer().thenAccept(answer -> {
                        // A connection may live for many requests.
                        closed.removeListener(leaves);
                        call.send(answer);
                    }));
        }
    }

    private Answer models(String path) {
        return path.length() <= MODELS.length() + 1 ? service.models().list() : service.models().get(path.substring(MODELS.length() + 1));
    }

    private static Answer wrongMethod(String allowed) {
        return new Problem(405, "only " + allowed + " is accepted", null, Map.of("Allow", allowed)).answer();
    }

    private void handleAdmin(Call call) {
        AdminRoutes admin = new AdminRoutes(service.admin(), call.caller().orElseThrow(), traced);
        List<String> path = Stream.of(call.path().substring(AdminApi.PREFIX.length()).split("/")).filter(segment -> !segment.isEmpty()).toList();
        Optional<AdminRoutes.Events> events = admin.events(call.method(), path);
        if (events.isEmpty()) {
            call.send(admin.answer(call.method(), path, call.body()));
            return;
        }
        Optional<JobEvents> open = events.get().open(call.lastEventId());
        if (open.isEmpty()) {
            call.send(events.get().missing());
        } else {
            new NettyEventStream(call.context(), open.get(), executor).start();
        }
    }
}
