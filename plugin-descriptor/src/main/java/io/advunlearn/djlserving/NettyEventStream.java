package io.advunlearn.djlserving;

import io.advunlearn.service.jobs.JobDirectory;
import io.advunlearn.service.jobs.JobEvents;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A job's events on a channel, as server-sent events, until the job is over or the client leaves. A client that reads slowly
 * makes the reading of the file wait, not the memory grow.
 */
final class NettyEventStream implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(NettyEventStream.class);

    private final ChannelHandlerContext context;
    private final JobEvents events;
    private final ScheduledExecutorService executor;

    NettyEventStream(ChannelHandlerContext context, JobEvents events, ScheduledExecutorService executor) {
        this.context = context;
        this.events = events;
        this.executor = executor;
    }

    void start() {
        HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, "text/event-stream").set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_CACHE);
        HttpUtil.setTransferEncodingChunked(response, true);
        HttpUtil.setKeepAlive(response, false);
        context.writeAndFlush(response);
        executor.execute(this);
    }

    /** Sends what is new and looks again later. */
    @Override
    public void run() {
        if (!context.channel().isActive()) {
            return;
        }
        try {
            if (!context.channel().isWritable() || sendNew()) {
                executor.schedule(this, JobEvents.POLL.toMillis(), TimeUnit.MILLISECONDS);
            } else {
                context.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT).addListener(ChannelFutureListener.CLOSE);
            }
        } catch (RuntimeException e) {
            LOG.error("An event stream broke off", e);
            context.close();
        }
    }

    /** @return whether there may be more */
    private boolean sendNew() {
        JobEvents.Batch batch = events.next();
        for (JobDirectory.Event event : batch.events()) {
            String text = "id: " + event.end() + "\nevent: " + event.type() + "\ndata: " + event.json() + "\n\n";
            context.write(new DefaultHttpContent(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8)));
        }
        context.flush();
        return !batch.last();
    }
}
