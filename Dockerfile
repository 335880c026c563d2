# The app, for the CPU:                docker build -t frcnn-viz .
# for NVIDIA GPUs (run with --gpus all): docker build -t frcnn-viz:cuda --build-arg TORCH=cu130 .
FROM python:3.13-slim AS wheel
WORKDIR /clone
COPY . .
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheel .

FROM python:3.13-slim
ARG TORCH=cpu
# In layers from what changes rarely to what changes often: torch, the other packages, the program.
RUN pip install --no-cache-dir --index-url "https://download.pytorch.org/whl/${TORCH}" "torch>=2.14" "torchvision>=0.29"
COPY requirements.txt /
RUN pip install --no-cache-dir -r /requirements.txt opencv-contrib-python-headless
RUN --mount=type=bind,from=wheel,source=/wheel,target=/wheel pip install --no-cache-dir --no-deps /wheel/*.whl
RUN useradd --create-home --uid 1000 viz && install --directory --owner=viz --group=viz /data
USER viz
# One volume: images, runs and what is trained in /data/workspace, torchvision's weights in /data/torch.
ENV FRCNN_VIZ_WORKSPACE=/data/workspace TORCH_HOME=/data/torch
VOLUME /data
WORKDIR /data
EXPOSE 8501
HEALTHCHECK --start-period=60s CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://localhost:8501/health', timeout=5)"]
ENTRYPOINT ["frcnn-viz"]
# --shared: whom the port is published to uses this one workspace; for others, --class in its place (compose.yaml).
CMD ["app", "--no-browser", "--host", "0.0.0.0", "--port", "8501", "--shared"]
